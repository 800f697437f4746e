/* Settings of the environment: AGENTIV_<SECTION>_<NAME>, in capitals. */
#include "base/config_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX       "AGENTIV_"
#define VARIABLE_MAX 80

static void capitals(char *s)
{
	for (; *s; s++)
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
}

static void variable_of(const struct setting *s, char name[VARIABLE_MAX])
{
	snprintf(name, VARIABLE_MAX, PREFIX "%s_%s", s->section, s->name);
	capitals(name);
}

static const struct setting *setting_called(const char *variable)
{
	char name[VARIABLE_MAX];
	unsigned i;

	for (i = 0; i < SETTINGS; i++) {
		variable_of(&config_settings[i], name);
		if (strcmp(name, variable) == 0)
			return &config_settings[i];
	}
	return NULL;
}

/* The section that the variable names, with what stands behind it; NULL when it is none of ours. */
static const char *section_of(const char *variable, const char **rest)
{
	char start[VARIABLE_MAX];
	unsigned i;
	size_t n;

	for (i = 0; i < SETTINGS; i++) {
		n = (size_t)snprintf(start, sizeof start, PREFIX "%s_", config_settings[i].section);
		capitals(start);
		if (strncmp(variable, start, n) == 0 && variable[n]) {
			*rest = variable + n;
			return config_settings[i].section;
		}
	}
	return NULL;
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), len = strlen(end);

	return n >= len && strcmp(s + n - len, end) == 0;
}

/* "80_TCP", "80_TCP_ADDR" and so on */
static bool is_port_of_protocol(const char *s)
{
	static const char *const protocols[] = {"_TCP", "_UDP", "_SCTP"};
	size_t digits = strspn(s, "0123456789"), n;
	unsigned i;

	for (i = 0; digits > 0 && i < sizeof protocols / sizeof *protocols; i++) {
		n = strlen(protocols[i]);
		if (strncmp(s + digits, protocols[i], n) == 0 && (s[digits + n] == '\0' || s[digits + n] == '_'))
			return true;
	}
	return false;
}

/* Kubernetes gives every container such variables for each service of its namespace: <NAME>_SERVICE_HOST, and so on.
 * Those of agentiv-worker, or of agentiv-worker-metrics, look like settings of [worker]. */
static bool tells_of_a_service(const char *variable, const char *value)
{
	const char *port;

	if (ends_in(variable, "_SERVICE_HOST") || ends_in(variable, "_SERVICE_PORT") ||
	    strstr(variable, "_SERVICE_PORT_"))
		return true;
	for (port = strstr(variable, "_PORT_"); port; port = strstr(port + 1, "_PORT_"))
		if (is_port_of_protocol(port + strlen("_PORT_")))
			return true;
	return ends_in(variable, "_PORT") && strstr(value, "://");
}

static void lower_case(const char *variable, char name[VARIABLE_MAX])
{
	size_t i;

	for (i = 0; variable[i] && i < VARIABLE_MAX - 1; i++)
		name[i] = (char)(variable[i] >= 'A' && variable[i] <= 'Z' ? variable[i] - 'A' + 'a' : variable[i]);
	name[i] = '\0';
}

/* By its own name, or by one that it had before. */
static const struct setting *setting_of(const char *variable)
{
	const struct setting *s = setting_called(variable);
	const char *section, *rest, *newer;
	char name[VARIABLE_MAX], meant[VARIABLE_MAX];
	bool known;

	if (s || !(section = section_of(variable, &rest)))
		return s;
	lower_case(rest, name);
	newer = config_newer_name(&section, name);
	s = newer != name ? config_find(section, newer, &known) : NULL;
	if (s)
		variable_of(s, meant);
	/* where both are given, the older is refused like an unknown one */
	return s && !getenv(meant) ? s : NULL;
}

static bool refuse(const char *variable, const char *section, const char *rest, struct error *err)
{
	char name[VARIABLE_MAX], meant[VARIABLE_MAX] = "";
	const struct setting *near;

	lower_case(rest, name);
	near = config_nearest(section, name);
	if (near)
		variable_of(near, meant);
	return err_set(err, ERR_INVALID_INPUT, "%.80s (environment) is no setting of [%s]%s%s%s", variable, section,
	               near ? "; did you mean " : "", meant, near ? "?" : "");
}

static bool take(const char *variable, const char *value, struct config *c, struct error *err)
{
	const struct setting *s = setting_of(variable);
	const char *section, *rest;
	struct error why = {0};

	if (s)
		return config_assign(c, s, value, &why) ||
		       err_set(err, ERR_INVALID_INPUT, "%s (environment) %s", variable, why.message);
	section = section_of(variable, &rest);
	return !section || tells_of_a_service(variable, value) || refuse(variable, section, rest, err);
}

bool config_read_environment(struct config *c, struct error *err)
{
	char variable[4 * VARIABLE_MAX];
	char **entry;

	for (entry = environ; entry && *entry; entry++) {
		size_t n = strcspn(*entry, "=");

		if (strncmp(*entry, PREFIX, strlen(PREFIX)) != 0 || !(*entry)[n])
			continue;
		snprintf(variable, sizeof variable, "%.*s", (int)(n < sizeof variable ? n : sizeof variable), *entry);
		if (!take(variable, *entry + n + 1, c, err))
			return false;
	}
	return true;
}
