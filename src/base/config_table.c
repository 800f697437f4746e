/* The one list of settings, with what a value must be beyond its type. */
#include "base/config_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define BASE_PATH_MAX 200
#define NAME_LONG 40   /* longer than any name of a setting */

/* Cookies are given for it: no ';' and no control character (RFC 6265, 4.1.1), and not so long that a header is. */
static bool check_base_path(const char *v, struct error *err)
{
	size_t n = strlen(v), i;
	bool plain = true;

	for (i = 0; i < n; i++)
		plain &= (unsigned char)v[i] > ' ' && v[i] != 0x7f;
	return n == 0 || (v[0] == '/' && n > 1 && n <= BASE_PATH_MAX && v[n - 1] != '/' && plain && !strpbrk(v, "?#%;")) ||
	       err_set(err, ERR_INVALID_INPUT, "must be empty or a path like /agentiv");
}

static bool check_not_empty(const char *v, struct error *err)
{
	return *v || err_set(err, ERR_INVALID_INPUT, "must not be empty");
}

static bool check_level(const char *v, struct error *err)
{
	enum log_level level;

	return log_level_by_name(v, &level) ||
	       err_set(err, ERR_INVALID_INPUT, "must be one of debug, info, warn, error");
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
	return err_set(err, ERR_INVALID_INPUT, "must be a list of seconds like 5,30,120");
}

#define AT(member) offsetof(struct config, member)
#define TEXT_(section, name, member, def, check, help) \
	{section, name, TEXT, AT(member), def, 0, 0, false, check, help}
#define INT_(section, name, member, def, min, max, help) \
	{section, name, INT, AT(member), def, min, max, false, NULL, help}
#define BOOL_(section, name, member, def, help) \
	{section, name, BOOL, AT(member), def, 0, 0, false, NULL, help}

static const struct setting table[] = {
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
	      "keys under which API keys are hashed, up to 8 lines of ID:BASE64, the newest last"),
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
	BOOL_("http", "behind_tls", behind_tls, "no",
	      "clients speak TLS to a proxy in front of the web server: cookies are marked Secure"),
	TEXT_("http", "metrics_token_file", metrics_token_file, "", NULL,
	      "file with the token for /metrics; empty: only from this host"),
	INT_("worker", "threads", worker_threads, "8", 1, 1024, "runs at once"),
	INT_("worker", "batch", worker_batch, "64", 1, 64, "runs claimed or ended together"),
	INT_("worker", "poll_ms", worker_poll_ms, "1000", 50, 60000,
	     "milliseconds between looks at the queue when no doorbell rings"),
	INT_("worker", "idle_poll_ms", worker_idle_poll_ms, "30000", 50, 600000,
	     "most of them while nothing comes, at most lease_s; poll_ms where work comes from other hosts"),
	INT_("worker", "lease_s", lease_s, "30", 3, 3600,
	     "seconds after which the runs of a dead worker are taken up"),
	INT_("worker", "max_attempts", max_attempts, "3", 1, 100, "attempts of a run"),
	INT_("worker", "retry_base_ms", retry_base_ms, "1000", 1, 3600000,
	     "milliseconds before the second attempt; doubled for each after it"),
	INT_("worker", "retry_max_ms", retry_max_ms, "60000", 1, 86400000,
	     "most milliseconds between two attempts"),
	INT_("scheduler", "poll_ms", scheduler_poll_ms, "1000", 50, 60000,
	     "milliseconds between looks for the next slot when no doorbell rings"),
	INT_("scheduler", "idle_poll_ms", scheduler_idle_poll_ms, "30000", 50, 600000,
	     "most of them while nothing changes; poll_ms where schedules are changed on other hosts"),
	INT_("webhooks", "inflight", sender_inflight, "1000", 1, 10000, "deliveries at once"),
	INT_("webhooks", "poll_ms", sender_poll_ms, "1000", 50, 60000,
	     "milliseconds between looks at the outbox when no doorbell rings"),
	INT_("webhooks", "idle_poll_ms", sender_idle_poll_ms, "30000", 50, 600000,
	     "most of them while nothing comes; poll_ms where work comes from other hosts"),
	INT_("webhooks", "timeout_s", webhook_timeout_s, "15", 1, 300,
	     "seconds that a receiver has to answer"),
	INT_("webhooks", "lease_s", webhook_lease_s, "30", 2, 3600,
	     "seconds after which the deliveries of a dead sender are taken up"),
	TEXT_("webhooks", "schedule_s", webhook_schedule_s,
	      "5,30,120,600,3600,10800,21600,43200", check_schedule,
	      "seconds before each further attempt of a delivery"),
	TEXT_("outbound", "allow_networks", allow_networks, "", NULL,
	      "networks that webhooks and mailboxes may be in beside public addresses, like 10.1.0.0/16,::1/128"),
	TEXT_("outbound", "ca_file", ca_file, "", NULL,
	      "file of certificates (PEM) to trust instead of the system's, of receivers and mailboxes"),
	TEXT_("mail", "url", mail_url, "", config_check_mail_url,
	      "the server that mails go to, smtp://host:587 or smtps://host:465; empty: no mail is sent"),
	TEXT_("mail", "user", mail_user, "", NULL, "name of the login there; empty for none"),
	TEXT_("mail", "password_file", mail_password_file, "", NULL, "file whose first line is its password"),
	TEXT_("mail", "tls", mail_tls, "required", config_check_mail_tls,
	      "required, opportunistic (where the server offers it, unverified) or none (a server on this host)"),
	TEXT_("mail", "from", mail_from, "", config_check_mail_address,
	      "whom mails come from, like Agentiv <agentiv@example.com>"),
	TEXT_("mail", "reply_to", mail_reply_to, "", config_check_mail_address, "where answers go; empty: to from"),
	TEXT_("mail", "brand", brand, "Agentiv", config_check_brand, "name of the service in mails"),
	TEXT_("mail", "public_url", public_url, "", config_check_public_url,
	      "where users reach this service, like https://agentiv.example.com, base_path included: links begin with it"),
	INT_("mail", "digest_minutes", mail_digest_minutes, "15", 0, 1440,
	     "minutes between two mails to an account: what happens meanwhile is one mail"),
	INT_("mail", "timeout_s", mail_timeout_s, "20", 1, 300, "seconds that the mail server has for a mail"),
	INT_("retention", "executions_days", executions_days, "90", 0, 36500,
	     "days that runs and the ledgers of schedules are kept; 0: for ever"),
	INT_("retention", "steps_days", steps_days, "30", 0, 36500,
	     "days that the steps of a run are kept, no longer than the run; 0: for ever"),
	INT_("retention", "deliveries_days", deliveries_days, "30", 0, 36500,
	     "days that events and their deliveries are kept, no longer than runs; 0: for ever"),
	INT_("retention", "audit_days", audit_days, "365", 0, 36500,
	     "days that entries of the audit log are kept; 0: for ever"),
	INT_("retention", "idempotency_hours", idempotency_hours, "24", 24, 8760,
	     "hours that an Idempotency-Key is known, no longer than runs"),
	TEXT_("log", "level", log_level, "info", check_level, "debug, info, warn or error"),
};

_Static_assert(sizeof table / sizeof *table == SETTINGS, "SETTINGS is not the number of rows");

const struct setting *const config_settings = table;

/* Names that settings had before. */
static const struct { const char *section, *name, *now_section, *now_name; } older[] = {
	{"webhooks", "allow_networks", "outbound", "allow_networks"},
};

const char *config_newer_name(const char **section, const char *name)
{
	unsigned i;

	for (i = 0; i < sizeof older / sizeof *older; i++)
		if (strcmp(older[i].section, *section) == 0 && strcmp(older[i].name, name) == 0) {
			*section = older[i].now_section;
			return older[i].now_name;
		}
	return name;
}

const struct setting *config_find(const char *section, const char *name, bool *section_known)
{
	unsigned i;

	name = config_newer_name(&section, name);
	*section_known = false;
	for (i = 0; i < SETTINGS; i++) {
		if (strcmp(table[i].section, section) != 0)
			continue;
		*section_known = true;
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* How many letters must be put in, taken out or changed to make one of the other (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_LONG + 1], n = strlen(b), i, k, diagonal, above;

	for (k = 0; k <= n; k++)
		row[k] = k;
	for (i = 0; a[i]; i++) {
		diagonal = i;
		row[0] = i + 1;
		for (k = 0; k < n; k++) {
			above = row[k + 1];
			diagonal += a[i] != b[k];
			row[k + 1] = smallest(diagonal, above + 1, row[k] + 1);
			diagonal = above;
		}
	}
	return row[n];
}

const struct setting *config_nearest(const char *section, const char *name)
{
	size_t n = strlen(name), best = (n / 3 > 2 ? n / 3 : 2) + 1, d;
	const struct setting *near = NULL;
	unsigned i;

	for (i = 0; i < SETTINGS && n <= NAME_LONG; i++) {
		if (strcmp(table[i].section, section) != 0)
			continue;
		d = distance(name, table[i].name);
		if (d < best && d < n) {
			near = &table[i];
			best = d;
		}
	}
	return near;
}
