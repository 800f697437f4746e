/* The table of settings, between config_table.c, which has it, and config.c and config_env.c, which read by it. */
#ifndef AGENTIV_BASE_CONFIG_PRIV_H
#define AGENTIV_BASE_CONFIG_PRIV_H

#include <stddef.h>

#include "base/config.h"

enum config_type { TEXT, INT, OCTAL, BOOL };

struct setting {
	const char *section, *name;
	enum config_type type;
	size_t      at;                  /* offset in struct config */
	const char *def;
	int         min, max;            /* INT and OCTAL */
	bool        secret;              /* its value is never shown */
	bool      (*check)(const char *value, struct error *err);   /* TEXT; fills err's message */
	const char *help;
};

#define SETTINGS 55   /* rows of the table */

extern const struct setting *const config_settings;

/* Older names of settings are known too. */
const struct setting *config_find(const char *section, const char *name, bool *section_known);
/* What a setting is called now, *section with it; name itself where that is no older name. */
const char *config_newer_name(const char **section, const char *name);
/* The setting of the section whose name looks most like this one; NULL when none looks much like it. */
const struct setting *config_nearest(const char *section, const char *name);

/* On failure err holds what the value must be, to be put behind the setting's name. */
bool config_assign(struct config *c, const struct setting *s, const char *value, struct error *err);

/* Takes the settings of the environment. A variable that names a known section and no setting of it is refused,
 * like an unknown line of the file. */
bool config_read_environment(struct config *c, struct error *err);

/* What settings of [mail] must be (config_mail.c): err is filled as by config_assign, by the last one as a whole. */
bool config_check_mail_url(const char *v, struct error *err);
bool config_check_mail_address(const char *v, struct error *err);
bool config_check_mail_tls(const char *v, struct error *err);
bool config_check_brand(const char *v, struct error *err);
bool config_check_public_url(const char *v, struct error *err);
bool config_check_mail(const struct config *c, struct error *err);

#endif
