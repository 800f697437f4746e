/* The configuration. The table below is the one list of settings; the file's reader, the
 * environment, the checks and config_describe all walk it. */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define DEFAULT_PATH   "/etc/agentiv/agentiv.conf"
#define PASSWORD_MAX   1024

enum type { TEXT, INT, OCTAL, BOOL };

struct setting {
	const char *section, *name;
	enum type   type;
	size_t      at;                  /* offset in struct config */
	const char *def;
	int         min, max;            /* INT and OCTAL */
	bool        secret;              /* its value is never shown */
	bool      (*check)(const char *value, struct error *err);   /* TEXT; fills err's message */
	const char *help;
};

static bool check_base_path(const char *v, struct error *err)
{
	size_t n = strlen(v);

	return n == 0 || (v[0] == '/' && n > 1 && v[n - 1] != '/' && !strpbrk(v, "?#% ")) ||
	       err_set(err, ERR_INVALID_INPUT, "is empty or a path like /agentiv");
}

static bool check_not_empty(const char *v, struct error *err)
{
	return *v || err_set(err, ERR_INVALID_INPUT, "must not be empty");
}

static bool check_level(const char *v, struct error *err)
{
	enum log_level level;

	return log_level_by_name(v, &level) ||
	       err_set(err, ERR_INVALID_INPUT, "is one of debug, info, warn, error");
}

/* Seconds, separated by commas; a month is longer than anybody waits. */
static bool check_schedule(const char *v, struct error *err)
{
	const char *p = v;
	char *end;

	for (;;) {
		long s = *p >= '0' && *p <= '9' ? strtol(p, &end, 10) : -1;

		if (s < 0 || s > 2678400)
			break;
		if (!*end)
			return true;
		if (*end != ',')
			break;
		p = end + 1;
	}
	return err_set(err, ERR_INVALID_INPUT, "is a list of seconds like 5,30,120");
}

#define AT(member) offsetof(struct config, member)
#define TEXT_(section, name, member, def, check, help) \
	{section, name, TEXT, AT(member), def, 0, 0, false, check, help}
#define INT_(section, name, member, def, min, max, help) \
	{section, name, INT, AT(member), def, min, max, false, NULL, help}
#define BOOL_(section, name, member, def, help) \
	{section, name, BOOL, AT(member), def, 0, 0, false, NULL, help}

static const struct setting settings[] = {
	TEXT_("database", "hosts", db_hosts, "socket:/run/mysqld/mysqld.sock", check_not_empty,
	      "where the server is: socket:/path, or host[:port] and more of them with commas between"),
	TEXT_("database", "name", db_name, "agentiv", check_not_empty, "name of the database"),
	TEXT_("database", "user", db_user, "agentiv", check_not_empty, "user of the database"),
	{"database", "password", TEXT, AT(db_password), "", 0, 0, true, NULL,
	 "its password; better in a file, by password_file"},
	TEXT_("database", "password_file", db_password_file, "", NULL,
	      "file that holds the password, preferred over password"),
	INT_("database", "connect_timeout_s", db_connect_timeout_s, "1", 1, 60,
	     "seconds to wait for a connection to one host"),
	INT_("database", "read_timeout_s", db_read_timeout_s, "5", 1, 3600,
	     "seconds to wait for an answer"),
	BOOL_("database", "tls", db_tls, "no", "encrypt connections to hosts"),
	TEXT_("paths", "run_dir", run_dir, "/run/agentiv", check_not_empty,
	      "directory of doorbell sockets and of the file of request limits"),
	TEXT_("paths", "agents_dir", agents_dir, "", NULL,
	      "directory of your own agents' manifests; empty for none"),
	TEXT_("secrets", "pepper_file", pepper_file, "/etc/agentiv/pepper", check_not_empty,
	      "keys under which API keys are hashed, lines of ID:BASE64, the newest last"),
	TEXT_("secrets", "seal_file", seal_file, "/etc/agentiv/seal", check_not_empty,
	      "keys under which settings and webhook secrets are sealed, in the same form"),
	TEXT_("http", "listen", listen, "/run/agentiv/agentiv.sock", NULL,
	      "Unix socket of the responder; empty when it is started with a socket"),
	{"http", "listen_mode", OCTAL, AT(listen_mode), "0660", 0, 0777, false, NULL,
	 "permissions of that socket, octal"},
	TEXT_("http", "base_path", base_path, "", check_base_path,
	      "path under which the web server serves Agentiv, like /agentiv; empty for the root"),
	INT_("http", "threads", threads, "4", 1, 64, "request threads"),
	INT_("http", "sync_wait_s", sync_wait_s, "55", 0, 3600,
	     "seconds that a synchronous run may keep its request"),
	INT_("http", "max_body", max_body, "1048576", 1024, 64 << 20,
	     "largest request body in bytes"),
	BOOL_("http", "run_inline", run_inline, "no",
	      "run synchronous runs in the responder, for a host without a worker"),
	TEXT_("http", "metrics_token_file", metrics_token_file, "", NULL,
	      "file with the token for /metrics; empty: only from this host"),
	INT_("worker", "threads", worker_threads, "8", 1, 1024, "runs at once"),
	INT_("worker", "batch", worker_batch, "64", 1, 64, "runs claimed or ended together"),
	INT_("worker", "poll_ms", worker_poll_ms, "1000", 50, 60000,
	     "milliseconds between looks at the queue when no doorbell rings"),
	INT_("worker", "lease_s", lease_s, "30", 3, 3600,
	     "seconds after which the runs of a dead worker are taken up"),
	INT_("worker", "max_attempts", max_attempts, "3", 1, 100, "attempts of a run"),
	INT_("worker", "retry_base_ms", retry_base_ms, "1000", 1, 3600000,
	     "milliseconds before the second attempt; doubled for each after it"),
	INT_("worker", "retry_max_ms", retry_max_ms, "60000", 1, 86400000,
	     "most milliseconds between two attempts"),
	INT_("webhooks", "inflight", sender_inflight, "256", 1, 10000, "deliveries at once"),
	INT_("webhooks", "poll_ms", sender_poll_ms, "1000", 50, 60000,
	     "milliseconds between looks at the outbox when no doorbell rings"),
	INT_("webhooks", "timeout_s", webhook_timeout_s, "15", 1, 300,
	     "seconds that a receiver has to answer"),
	INT_("webhooks", "lease_s", webhook_lease_s, "30", 2, 3600,
	     "seconds after which the deliveries of a dead sender are taken up"),
	TEXT_("webhooks", "allow_networks", allow_networks, "", NULL,
	      "networks allowed beside public addresses, like 10.1.0.0/16,::1/128"),
	TEXT_("webhooks", "schedule_s", webhook_schedule_s,
	      "5,30,120,600,3600,10800,21600,43200", check_schedule,
	      "seconds before each further attempt of a delivery"),
	TEXT_("log", "level", log_level, "info", check_level, "debug, info, warn or error"),
};

#define SETTINGS (sizeof settings / sizeof *settings)

static void *member(struct config *c, const struct setting *s)
{
	return (char *)c + s->at;
}

static bool parse_number(const struct setting *s, const char *value, int *out, struct error *err)
{
	bool octal = s->type == OCTAL;
	char *end;
	long v;

	errno = 0;
	v = strtol(value, &end, octal ? 8 : 10);
	if (end == value || *end || errno || strchr(" \t\n+", *value))
		return err_set(err, ERR_INVALID_INPUT, "is %s number, not \"%.40s\"",
		               octal ? "an octal" : "a whole", value);
	if (v < s->min || v > s->max)
		return octal ? err_set(err, ERR_INVALID_INPUT, "is %04o to %04o", (unsigned)s->min,
		                       (unsigned)s->max)
			     : err_set(err, ERR_INVALID_INPUT, "is %d to %d", s->min, s->max);
	*out = (int)v;
	return true;
}

static bool parse_bool(const char *value, bool *out, struct error *err)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
	unsigned i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(value, words[i]) == 0) {
			*out = i % 2 == 1;
			return true;
		}
	return err_set(err, ERR_INVALID_INPUT, "is yes or no, not \"%.40s\"", value);
}

/* err holds what the value must be, to be put behind the setting's name. */
static bool assign(struct config *c, const struct setting *s, const char *value, struct error *err)
{
	char **text = member(c, s);

	if (s->type == BOOL)
		return parse_bool(value, member(c, s), err);
	if (s->type != TEXT)
		return parse_number(s, value, member(c, s), err);
	if (s->check && !s->check(value, err))
		return false;
	if (*text && s->secret)
		mem_wipe(*text, strlen(*text));
	mem_free(*text);
	*text = mem_strdup(value);
	return true;
}

struct reading {
	struct config *c;
	FILE *file;
	const char *path;
	int line;
	bool seen[SETTINGS];
	struct error *err;
	bool failed;
};

/* inih splits a line that is longer than its buffer in two, so that is refused here. Lines are
 * also counted here, and leading blanks taken off, which inih would read as a continuation. */
static char *next_line(char *out, int size, void *stream)
{
	struct reading *r = stream;
	size_t n, lead;

	if (r->failed || !fgets(out, size, r->file))
		return NULL;
	r->line++;
	n = strlen(out);
	if (n > 0 && out[n - 1] != '\n' && !feof(r->file)) {
		r->failed = true;
		err_set(r->err, ERR_INVALID_INPUT, "%s:%d: the line is longer than %d bytes",
		        r->path, r->line, size - 2);
		return NULL;
	}
	lead = strspn(out, " \t");
	memmove(out, out + lead, n + 1 - lead);
	return out;
}

static const struct setting *find(const char *section, const char *name, bool *section_known)
{
	unsigned i;

	*section_known = false;
	for (i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].section, section) != 0)
			continue;
		*section_known = true;
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

static int file_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	struct error why = {0};
	bool section_known;
	const struct setting *s = find(section, name, &section_known);

	if (r->failed)
		return 0;
	r->failed = true;
	if (!section_known)
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: there is no section [%.40s]",
		               r->path, r->line, section);
	if (!s)
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: there is no setting %.40s in [%s]",
		               r->path, r->line, name, section);
	if (r->seen[s - settings])
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: [%s] %s is set twice", r->path,
		               r->line, section, name);
	if (!assign(r->c, s, value, &why))
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: [%s] %s %s", r->path, r->line,
		               section, name, why.message);
	r->seen[s - settings] = true;
	r->failed = false;
	return 1;
}

static bool read_file(const char *path, bool must_exist, struct config *c, struct error *err)
{
	struct reading r = {.c = c, .path = path, .err = err};
	int bad;

	r.file = fopen(path, "re");
	if (!r.file && errno == ENOENT && !must_exist)
		return true;
	if (!r.file)
		return err_set(err, ERR_INVALID_INPUT, "%s: %s", path, strerror(errno));
	bad = ini_parse_stream(next_line, &r, file_value, &r);
	/* a line that inih cannot read does not stop it; when it came first, it is told first */
	if (bad && (!r.failed || bad < r.line))
		err_set(err, ERR_INVALID_INPUT, "%s:%d: neither [section] nor setting = value",
		        path, bad);
	else if (!bad && !r.failed && ferror(r.file))
		bad = !err_set(err, ERR_INVALID_INPUT, "%s: cannot be read", path);
	fclose(r.file);
	return !bad && !r.failed;
}

static bool read_environment(struct config *c, struct error *err)
{
	char name[80], *p;
	const char *value;
	struct error why = {0};
	unsigned i;

	for (i = 0; i < SETTINGS; i++) {
		snprintf(name, sizeof name, "AGENTIV_%s_%s", settings[i].section, settings[i].name);
		for (p = name; *p; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		value = getenv(name);
		if (value && !assign(c, &settings[i], value, &why))
			return err_set(err, ERR_INVALID_INPUT, "%s (environment) %s", name,
			               why.message);
	}
	return true;
}

static bool read_password(struct config *c, struct error *err)
{
	char text[PASSWORD_MAX + 1];
	size_t n = 0;
	ssize_t got;
	bool ok;
	int fd;

	if (!*c->db_password_file)
		return true;
	fd = open(c->db_password_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_INVALID_INPUT, "database.password_file %s: %s",
		               c->db_password_file, strerror(errno));
	while (n < sizeof text && (got = read(fd, text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	close(fd);
	ok = n < sizeof text;
	if (ok) {
		text[n] = '\0';
		mem_wipe(c->db_password, strlen(c->db_password));
		mem_free(c->db_password);
		c->db_password = mem_strndup(text, strcspn(text, "\r\n"));
	} else {
		err_set(err, ERR_INVALID_INPUT, "database.password_file %s: longer than %d bytes",
		        c->db_password_file, PASSWORD_MAX);
	}
	mem_wipe(text, sizeof text);
	return ok;
}

static bool check_together(const struct config *c, struct error *err)
{
	if (c->retry_max_ms < c->retry_base_ms)
		return err_set(err, ERR_INVALID_INPUT,
		               "[worker] retry_max_ms is smaller than retry_base_ms");
	if (c->webhook_lease_s <= c->webhook_timeout_s)
		return err_set(err, ERR_INVALID_INPUT,
		               "[webhooks] lease_s must be larger than timeout_s");
	return true;
}

bool config_load(const char *path, struct config *c, struct error *err)
{
	bool must_exist = true, ok;
	unsigned i;

	memset(c, 0, sizeof *c);
	if (!path)
		path = getenv("AGENTIV_CONFIG");
	if (!path || !*path) {
		path = DEFAULT_PATH;
		must_exist = false;       /* the environment may hold everything */
	}
	for (i = 0; i < SETTINGS; i++)
		INVARIANT(assign(c, &settings[i], settings[i].def, err), "a default that is refused");
	ok = read_file(path, must_exist, c, err) && read_environment(c, err) &&
	     read_password(c, err) && check_together(c, err);
	if (!ok)
		config_release(c);
	return ok;
}

void config_release(struct config *c)
{
	unsigned i;

	for (i = 0; i < SETTINGS; i++)
		if (settings[i].type == TEXT) {
			char **text = member(c, &settings[i]);

			if (*text && settings[i].secret)
				mem_wipe(*text, strlen(*text));
			mem_free(*text);
			*text = NULL;
		}
}

void config_describe(void (*each)(const char *section, const char *name, const char *def,
                                  const char *help, void *ctx), void *ctx)
{
	unsigned i;

	for (i = 0; i < SETTINGS; i++)
		each(settings[i].section, settings[i].name, settings[i].def, settings[i].help, ctx);
}
