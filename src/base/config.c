/* The configuration: the file's reader, the checks and config_describe all walk the table of config_table.c.
 * The environment has a file of its own. */
#include "base/config_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"

#define DEFAULT_PATH   "/etc/agentiv/agentiv.conf"
#define PASSWORD_MAX   1024

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
		return err_set(err, ERR_INVALID_INPUT, "must be %s number, not \"%.40s\"",
		               octal ? "an octal" : "a whole", value);
	if (v < s->min || v > s->max)
		return octal ? err_set(err, ERR_INVALID_INPUT, "must be %04o to %04o", (unsigned)s->min,
		                       (unsigned)s->max)
			     : err_set(err, ERR_INVALID_INPUT, "must be %d to %d", s->min, s->max);
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
	return err_set(err, ERR_INVALID_INPUT, "must be yes or no, not \"%.40s\"", value);
}

bool config_assign(struct config *c, const struct setting *s, const char *value, struct error *err)
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

static void wipe_text(char **text)
{
	if (*text)
		mem_wipe(*text, strlen(*text));
	mem_free(*text);
	*text = NULL;
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

static int file_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	struct error why = {0};
	bool section_known;
	const struct setting *s = config_find(section, name, &section_known), *near;
	bool older = s && strcmp(section, s->section) != 0;

	if (r->failed)
		return 0;
	r->failed = true;
	if (!section_known)
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: there is no section [%.40s]",
		               r->path, r->line, section);
	if (!s) {
		near = config_nearest(section, name);
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: there is no setting %.40s in [%s]%s%s%s",
		               r->path, r->line, name, section, near ? "; did you mean " : "",
		               near ? near->name : "", near ? "?" : "");
	}
	if (r->seen[s - config_settings])
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: [%s] %s is set twice%s%s%s%s", r->path, r->line, section,
		               name, older ? ", as [" : "", older ? s->section : "", older ? "] " : "", older ? s->name : "");
	if (!config_assign(r->c, s, value, &why))
		return err_set(r->err, ERR_INVALID_INPUT, "%s:%d: [%s] %s %s", r->path, r->line,
		               section, name, why.message);
	r->seen[s - config_settings] = true;
	r->failed = false;
	return 1;
}

/* *there: there is such a file. */
static bool read_file(const char *path, bool must_exist, struct config *c, bool *there, struct error *err)
{
	struct reading r = {.c = c, .path = path, .err = err};
	int bad;

	r.file = fopen(path, "re");
	*there = r.file != NULL;
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

/* The first line of a file; setting is its name, for err. */
static bool read_password(const char *setting, const char *path, char **password, struct error *err)
{
	char text[PASSWORD_MAX + 1];
	size_t n = 0;
	ssize_t got;
	bool ok;
	int fd;

	if (!*path)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_INVALID_INPUT, "%s %s: %s", setting, path, strerror(errno));
	while (n < sizeof text && (got = read(fd, text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	close(fd);
	ok = n < sizeof text;
	if (ok) {
		text[n] = '\0';
		wipe_text(password);
		*password = mem_strndup(text, strcspn(text, "\r\n"));
	} else {
		err_set(err, ERR_INVALID_INPUT, "%s %s: longer than %d bytes", setting, path, PASSWORD_MAX);
	}
	mem_wipe(text, sizeof text);
	return ok;
}

static bool read_passwords(struct config *c, struct error *err)
{
	return read_password("database.password_file", c->db_password_file, &c->db_password, err) &&
	       read_password("mail.password_file", c->mail_password_file, &c->mail_password, err) &&
	       (!*c->mail_password_file || *c->mail_password ||
	        err_set(err, ERR_INVALID_INPUT, "mail.password_file %s: its first line is empty", c->mail_password_file));
}

/* What tells of a run goes before it, or with it. */
static bool check_retention(const struct config *c, struct error *err)
{
	const struct { const char *name; int kept, hours; } parts[] = {
		{"steps_days", c->steps_days, 24}, {"deliveries_days", c->deliveries_days, 24},
		{"idempotency_hours", c->idempotency_hours, 1}};
	unsigned i;

	/* with the figures: one of the two may be a default that nobody wrote down */
	for (i = 0; c->executions_days > 0 && i < sizeof parts / sizeof *parts; i++)
		if (parts[i].kept == 0 || parts[i].kept * parts[i].hours > c->executions_days * 24)
			return err_set(err, ERR_INVALID_INPUT, "[retention] %s (%d%s) is longer than executions_days (%d)",
			               parts[i].name, parts[i].kept, parts[i].kept == 0 ? ", for ever" : "",
			               c->executions_days);
	return true;
}

static bool check_pairs(const struct config *c, struct error *err)
{
	if (c->retry_max_ms < c->retry_base_ms)
		return err_set(err, ERR_INVALID_INPUT,
		               "[worker] retry_max_ms is smaller than retry_base_ms");
	if (c->webhook_lease_s <= c->webhook_timeout_s)
		return err_set(err, ERR_INVALID_INPUT,
		               "[webhooks] lease_s must be larger than timeout_s");
	return check_retention(c, err) && config_check_mail(c, err);
}

/* The file is named though one of the two may be of the environment, or a default: it is where to look. */
static bool check_together(const struct config *c, const char *path, bool there, struct error *err)
{
	struct error why = {0};

	return check_pairs(c, &why) ||
	       err_set(err, ERR_INVALID_INPUT, "%s%s%s", there ? path : "", there ? ": " : "", why.message);
}

bool config_load(const char *path, struct config *c, struct error *err)
{
	bool must_exist = true, there = false, ok;
	unsigned i;

	memset(c, 0, sizeof *c);
	if (!path)
		path = getenv("AGENTIV_CONFIG");
	if (!path || !*path) {
		path = DEFAULT_PATH;
		must_exist = false;       /* the environment may hold everything */
	}
	for (i = 0; i < SETTINGS; i++)
		INVARIANT(config_assign(c, &config_settings[i], config_settings[i].def, err), "a default that is refused");
	c->mail_password = mem_strdup("");
	ok = read_file(path, must_exist, c, &there, err) && config_read_environment(c, err) &&
	     read_passwords(c, err) && check_together(c, path, there, err);
	if (!ok)
		config_release(c);
	return ok;
}

void config_release(struct config *c)
{
	unsigned i;

	for (i = 0; i < SETTINGS; i++)
		if (config_settings[i].type == TEXT) {
			char **text = member(c, &config_settings[i]);

			if (*text && config_settings[i].secret)
				mem_wipe(*text, strlen(*text));
			mem_free(*text);
			*text = NULL;
		}
	wipe_text(&c->mail_password);
}

void config_describe(void (*each)(const char *section, const char *name, const char *def,
                                  const char *help, void *ctx), void *ctx)
{
	unsigned i;

	for (i = 0; i < SETTINGS; i++)
		each(config_settings[i].section, config_settings[i].name, config_settings[i].def, config_settings[i].help, ctx);
}
