/* agentivctl: what its commands share. A command is a row of the table in commands.c, for operators, or
 * commands_callers.c; its words, options and help are data, and the main function reads the command line, opens what the
 * command needs, calls it and prints what it wrote.
 *
 * Ownership: strings of results live in the call's arena. */
#ifndef AGENTIV_CTL_CTL_H
#define AGENTIV_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"
#include "base/json.h"
#include "core/admin.h"

enum ctl_exit { CTL_DONE, CTL_REFUSED, CTL_USAGE, CTL_CONFIGURATION, CTL_AWAY, CTL_INTERRUPTED = 130 };

enum ctl_type {
	OPT_FLAG,
	OPT_TEXT,
	OPT_LIST,        /* texts: may be given again and again */
	OPT_COUNT,       /* 1 to max */
	OPT_LIMIT,       /* 0 or more, "unlimited" (LIMIT_UNLIMITED) or "plan" (LIMIT_OF_PLAN) */
	OPT_SLOTS,       /* the same from 1 on: without a slot no run could ever start */
	OPT_FEATURE,     /* "yes" (1), "no" (0) or "plan" (LIMIT_OF_PLAN) */
	OPT_TOKENS,      /* 0 or more, or "unlimited" (LIMIT_UNLIMITED) */
	OPT_TIME,        /* one to come: RFC 3339, a date, or a span from now like 30d */
	OPT_PAST,        /* one that is over: the same, a span before now */
	OPT_INSTANT,     /* any: the same, a span from now */
	OPT_SPAN,        /* seconds: 0, 45m, 12h or 30d, up to max */
	OPT_CHOICE       /* one of choices */
};

struct ctl_option {
	const char *name, *alias;        /* without dashes; alias may be NULL */
	enum ctl_type type;
	const char *arg;                 /* as help shows it: "USER" */
	bool required, positional;       /* positional: may stand without its name */
	const char *const *choices;
	const char *help;
	int64_t max;                     /* of a count */
};

struct ctl;

/* What the main function opens before the command is called. */
enum ctl_needs {
	NEED_CONFIG = 1, NEED_DB = 2 | NEED_CONFIG, NEED_SCHEMA = 4 | NEED_DB,
	NEED_PEPPER = 8 | NEED_CONFIG, NEED_SEAL = 16 | NEED_CONFIG,
	NEED_SERVER = 32                 /* a caller's: its URL and key (ctl/caller.h) */
};

struct ctl_command {
	const char *words;               /* "key create" */
	unsigned needs;
	const struct ctl_option *options;        /* ends with a NULL name */
	/* false: c->err says why. A check that failed returns true and sets c->status. */
	bool (*run)(struct ctl *c);
	const char *help;                /* one line */
	const char *more;                /* further lines of its own help, or NULL */
};

#define CTL_OPTIONS_MAX 16

struct ctl_value {
	bool given;
	const char *text;                /* the last of a list */
	int64_t number;
	const char **list;               /* in the arena */
	unsigned count;
};

struct ctl {
	const struct ctl_command *command;
	struct ctl_value values[CTL_OPTIONS_MAX];    /* by the option's place in the table */
	const char *config_path;         /* -c, or NULL */
	const char *group;               /* the first word, when help is asked for a group of commands */
	bool json, help, version, colour;
	struct config cfg;
	struct secrets *secrets;         /* those that the command needs */
	struct doorbell_ringer *ringer;
	struct db *db;
	struct admin admin;
	struct caller *caller;           /* of a caller's command */
	struct arena arena;
	struct buf out;                  /* what goes to stdout when the command is done */
	struct json_out w;               /* writes into out */
	struct error err;
	enum ctl_exit status;            /* of a command that was done */
	bool stuck;                      /* a thread still uses some of this: the process ends without freeing it */
};

/* The tables of commands, for operators and for callers; each ends with NULL words. */
extern const struct ctl_command ctl_commands[], ctl_caller_commands[];
/* One after the other through both: the first after NULL, NULL after the last. */
const struct ctl_command *ctl_next_command(const struct ctl_command *k);
bool ctl_is_for_callers(const struct ctl_command *k);

int ctl_main(int argc, char **argv);

/* Reads the command line into c; what is wrong with it is a matter of usage. Global options stand anywhere,
 * the words of the command before its own options. c->command stays NULL when there are no words. */
bool ctl_parse(struct ctl *c, int argc, char **argv);

/* Help: all commands, or those that begin with a word; one command. */
void ctl_help(struct buf *out, const char *group);
void ctl_help_command(struct buf *out, const struct ctl_command *command);

/* Options by name; it must be one of the command's. */
bool ctl_given(const struct ctl *c, const char *name);
const struct ctl_value *ctl_value(const struct ctl *c, const char *name);
const char *ctl_text(const struct ctl *c, const char *name);              /* NULL when not given */
int64_t ctl_number(const struct ctl *c, const char *name, int64_t def);
const int64_t *ctl_number_at(const struct ctl *c, const char *name);      /* NULL when not given */

/* Where the project's manifests and migrations are: $AGENTIV_MANIFEST_DIR, $AGENTIV_SQL_DIR, or
 * where they were installed. */
const char *ctl_manifest_dir(void);
const char *ctl_sql_dir(void);

/* A slug that no manifest has is a mistyped one. NULL (none given) is no fault. */
bool ctl_check_agent(struct ctl *c, const char *agent);

/* Who calls: for the audit log. Strings are in the arena. */
void ctl_who(struct actor *out, struct arena *a);

/* A text of at most max bytes, in the arena; path - is standard input. */
bool ctl_read_file(struct ctl *c, const char *option, const char *path, size_t max, char **out);
/* The first line of the file that the option names; the caller wipes CTL_SECRET_MAX bytes of it. */
#define CTL_SECRET_MAX 4096
bool ctl_read_secret(struct ctl *c, const char *option, char **out);

/* Opens what a command needs that knows only from its options: in ctl_needs, each with the status that its failure ends in. */
bool ctl_open(struct ctl *c, unsigned needs);
/* Opens the pool for n connections; the command's end closes it. */
bool ctl_open_db(struct ctl *c, unsigned n);

/* The commands. */
bool cmd_migrate(struct ctl *c);
bool cmd_audit(struct ctl *c);
bool cmd_secrets_init(struct ctl *c);
bool cmd_secrets_rotate(struct ctl *c);
bool cmd_secrets_status(struct ctl *c);
bool cmd_show_defaults(struct ctl *c);
bool cmd_user_create(struct ctl *c);
bool cmd_user_list(struct ctl *c);
bool cmd_plan_list(struct ctl *c);
bool cmd_user_password(struct ctl *c);
bool cmd_plan_set(struct ctl *c);
bool cmd_subscription_set(struct ctl *c);
bool cmd_webhook_secret_show(struct ctl *c);
bool cmd_webhook_secret_rotate(struct ctl *c);
bool cmd_webhook_list(struct ctl *c);
bool cmd_webhook_deliveries(struct ctl *c);
bool cmd_webhook_test(struct ctl *c);
bool cmd_webhook_replay(struct ctl *c);
bool cmd_outbound_check(struct ctl *c);
bool cmd_key_create(struct ctl *c);
bool cmd_key_list(struct ctl *c);
bool cmd_key_rotate(struct ctl *c);
bool cmd_key_revoke(struct ctl *c);
bool cmd_budget_set(struct ctl *c);
bool cmd_mail_test(struct ctl *c);
bool cmd_notifications_show(struct ctl *c);
bool cmd_notifications_set(struct ctl *c);
bool cmd_budget_list(struct ctl *c);
bool cmd_usage(struct ctl *c);
bool cmd_connection_add(struct ctl *c);
bool cmd_connection_list(struct ctl *c);
bool cmd_connection_remove(struct ctl *c);
bool cmd_memory_list(struct ctl *c);
bool cmd_memory_reset(struct ctl *c);
bool cmd_execution_show(struct ctl *c);
bool cmd_schedule_list(struct ctl *c);
bool cmd_schedule_set(struct ctl *c);
bool cmd_schedule_pause(struct ctl *c);
bool cmd_schedule_resume(struct ctl *c);
bool cmd_schedule_delete(struct ctl *c);
bool cmd_schedule_run(struct ctl *c);
bool cmd_schedule_history(struct ctl *c);
bool cmd_schedule_preview(struct ctl *c);
bool cmd_doctor(struct ctl *c);
bool cmd_tick(struct ctl *c);

/* Those for callers. */
bool cmd_run(struct ctl *c);
bool cmd_agents_list(struct ctl *c);
bool cmd_agents_show(struct ctl *c);
bool cmd_executions_list(struct ctl *c);
bool cmd_executions_show(struct ctl *c);
bool cmd_executions_steps(struct ctl *c);
bool cmd_executions_follow(struct ctl *c);
bool cmd_executions_cancel(struct ctl *c);
bool cmd_schedules_list(struct ctl *c);
bool cmd_schedules_show(struct ctl *c);
bool cmd_schedules_set(struct ctl *c);
bool cmd_schedules_delete(struct ctl *c);
bool cmd_schedules_run(struct ctl *c);
bool cmd_schedules_preview(struct ctl *c);
bool cmd_schedules_history(struct ctl *c);
bool cmd_usage_of_caller(struct ctl *c);
bool cmd_mcp(struct ctl *c);
bool cmd_completion(struct ctl *c);

#endif
