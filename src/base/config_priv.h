/* The table of settings, between config_table.c, which has it, and config.c, which walks it. */
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

#define SETTINGS 34   /* rows of the table */

extern const struct setting *const config_settings;

#endif
