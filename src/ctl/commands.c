/* The table of commands for operators. Adding one is its function and a row here. */
#include "core/schedules.h"
#include "ctl/ctl.h"

#define END {NULL, NULL, OPT_FLAG, NULL, false, false, NULL, NULL, 0}
#define REQUIRED(name, arg, help) {name, NULL, OPT_TEXT, arg, true, false, NULL, help, 0}
#define OPTIONAL(name, type, arg, help) {name, NULL, type, arg, false, false, NULL, help, 0}
#define COUNT(name, max, help) {name, NULL, OPT_COUNT, "N", false, false, NULL, help, max}
#define USER REQUIRED("user", "USER", "the user's id or e-mail address")

static const struct ctl_option no_options[] = {END};

static const struct ctl_option migrate_options[] = {
	OPTIONAL("status", OPT_FLAG, NULL, "only show what is applied and what is not"),
	OPTIONAL("dir", OPT_TEXT, "DIR", "where the migrations are"),
	END};

static const struct ctl_option user_create_options[] = {
	REQUIRED("email", "ADDRESS", "the user's e-mail address, which names the user from then on"),
	REQUIRED("name", "NAME", "name for display"),
	REQUIRED("plan", "PLAN", "starter, pro, enterprise, or another that the database has"),
	END};

static const struct ctl_option user_password_options[] = {
	USER,
	REQUIRED("password-file", "FILE", "file whose first line is the new password; - is standard input"),
	END};

static const struct ctl_option user_options[] = {USER, END};

static const struct ctl_option plan_set_options[] = {
	USER,
	REQUIRED("plan", "PLAN", "starter, pro, enterprise, or another that the database has"),
	OPTIONAL("requests-per-minute", OPT_LIMIT, "N", "in place of the plan's figure"),
	OPTIONAL("runs-per-day", OPT_LIMIT, "N", "in place of the plan's figure"),
	OPTIONAL("runs-per-month", OPT_LIMIT, "N", "in place of the plan's figure"),
	OPTIONAL("concurrent", OPT_SLOTS, "N", "in place of the plan's figure; not 0"),
	OPTIONAL("api", OPT_FEATURE, "yes|no|plan", "whether API keys are taken"),
	OPTIONAL("webhooks", OPT_FEATURE, "yes|no|plan", "whether webhooks are included"),
	OPTIONAL("mcp", OPT_FEATURE, "yes|no|plan", "whether MCP is included"),
	OPTIONAL("white-label", OPT_FEATURE, "yes|no|plan", "whether white-label is included"),
	END};

static const char *const statuses[] = {"active", "trialing", "past_due", "canceled", "cancelled", "none", NULL};

static const struct ctl_option subscription_set_options[] = {
	USER,
	REQUIRED("agent", "SLUG", "an agent, or all"),
	{"status", NULL, OPT_CHOICE, "STATUS", true, false, statuses,
	 "active, trialing, past_due, canceled (or cancelled) or none", 0},
	OPTIONAL("trial-ends", OPT_TIME, "TIME", "when the trial is over, with trialing only; a time to come, a date"
	         " or a span like 14d"),
	END};

static const struct ctl_option key_create_options[] = {
	USER,
	REQUIRED("name", "NAME", "what the key is for"),
	REQUIRED("scopes", "SCOPES", "of agents:read, agents:run, schedules:write, connections:read,"
	         " webhooks:write, with commas between"),
	OPTIONAL("expires", OPT_TIME, "TIME", "a time to come, a date or a span like 90d; never when not given"),
	OPTIONAL("networks", OPT_TEXT, "NETWORKS", "from where alone it may be used: 203.0.113.0/24, addresses, with commas"
	         " between; from anywhere when not given"),
	END};

static const struct ctl_option key_rotate_options[] = {
	{"id", "key", OPT_TEXT, "KEY_ID", true, true, NULL, "the key's id, key_…", 0},
	USER,
	{"overlap", NULL, OPT_SPAN, "SPAN", false, false, NULL, "how long the old key stays valid (24h)", KEY_OVERLAP_MAX_S},
	END};

static const struct ctl_option key_revoke_options[] = {
	{"id", "key", OPT_TEXT, "KEY_ID", true, true, NULL, "the key's id, key_…", 0},
	USER, END};

static const struct ctl_option budget_set_options[] = {
	USER,
	OPTIONAL("agent", OPT_TEXT, "SLUG", "of what this agent uses for the user"),
	OPTIONAL("key", OPT_TEXT, "KEY_ID", "of what runs use that this API key asked for"),
	{"tokens-per-month", NULL, OPT_TOKENS, "N", true, false, NULL, "a number, or unlimited: no such budget any more", 0},
	END};

static const struct ctl_option connection_add_options[] = {
	USER,
	REQUIRED("integration", "NAME", "what is connected: gmail, …"),
	OPTIONAL("maildir", OPT_TEXT, "DIR", "a Maildir, which can be sorted"),
	OPTIONAL("mbox", OPT_TEXT, "FILE", "an mbox file, which is only read"),
	OPTIONAL("imap", OPT_TEXT, "URL", "a mail server, imaps://HOST[:PORT][/FOLDER]"),
	OPTIONAL("username", OPT_TEXT, "NAME", "the name to log in with (ADDRESS)"),
	OPTIONAL("password-file", OPT_TEXT, "FILE", "file whose first line is the password; - is standard input"),
	OPTIONAL("ca-file", OPT_TEXT, "PEM", "file of the only certificates to trust; else the system's"),
	OPTIONAL("plaintext", OPT_FLAG, NULL, "speak without encryption to an imap:// server in a network that is allowed"),
	OPTIONAL("address", OPT_TEXT, "ADDRESS", "the mailbox owner's own address"),
	OPTIONAL("unchecked", OPT_FLAG, NULL, "do not look whether the mailbox can be opened here"),
	END};

static const struct ctl_option connection_remove_options[] = {
	USER, REQUIRED("integration", "NAME", "what is disconnected: gmail, …"), END};

static const struct ctl_option memory_list_options[] = {
	USER, OPTIONAL("agent", OPT_TEXT, "SLUG", "of this agent only"), END};

static const struct ctl_option memory_reset_options[] = {
	USER,
	REQUIRED("agent", "SLUG", "which agent forgets"),
	OPTIONAL("sender", OPT_TEXT, "ADDRESS", "what it has learned of this sender only"),
	OPTIONAL("list", OPT_TEXT, "LIST", "what it has learned of this mailing list only"),
	END};

static const struct ctl_option execution_show_options[] = {
	{"id", NULL, OPT_TEXT, "ID", true, true, NULL, "the execution's id, exec_…", 0},
	END};

static const char *const catch_ups[] = {"latest", "none", NULL};
static const char *const overlaps[] = {"queue", "skip", "cancel_previous", NULL};
static const char *const outcomes[] = {"fired", "caught_up", "skipped", "manual", NULL};

#define AGENT {"agent", NULL, OPT_TEXT, "AGENT", true, true, NULL, "the agent's slug", 0}

static const struct ctl_option schedule_options[] = {AGENT, USER, END};

static const struct ctl_option schedule_set_options[] = {
	AGENT,
	USER,
	REQUIRED("cron", "E", "the expression, of five fields: \"0 6 * * 1-5\""),
	REQUIRED("timezone", "Z", "the IANA time zone that it is meant in: Asia/Kolkata, …"),
	OPTIONAL("input", OPT_TEXT, "JSON|@FILE", "the input of its runs, an object; @- is standard input ({})"),
	{"catch-up", NULL, OPT_CHOICE, "WHAT", false, false, catch_ups,
	 "after an outage: latest, one run for the last hour; or none", 0},
	{"overlap", NULL, OPT_CHOICE, "WHAT", false, false, overlaps,
	 "while a run goes on: queue, the next one waits; skip; or cancel_previous", 0},
	OPTIONAL("starts-at", OPT_INSTANT, "T", "no run before it; a time, a date or a span from now like 14d"),
	OPTIONAL("ends-at", OPT_TIME, "T", "no run after it; the same, to come"),
	COUNT("pause-after-failures", SCHEDULE_FAILURES_MAX, "pause it when so many runs in a row have failed"),
	OPTIONAL("disabled", OPT_FLAG, NULL, "do not fire until it is resumed"),
	END};

static const struct ctl_option schedule_history_options[] = {
	AGENT,
	USER,
	{"outcome", NULL, OPT_CHOICE, "OUTCOME", false, false, outcomes, "only what was fired, caught_up, skipped or manual", 0},
	COUNT("limit", 10000, "at most so many, the newest (20)"),
	END};

static const struct ctl_option schedule_preview_options[] = {
	{"agent", NULL, OPT_TEXT, "AGENT", false, true, NULL, "the agent's slug, with --user", 0},
	OPTIONAL("user", OPT_TEXT, "USER", "the user's id or e-mail address: the schedule as it is saved"),
	OPTIONAL("cron", OPT_TEXT, "E", "an expression instead, of five fields: \"0 6 * * 1-5\""),
	OPTIONAL("timezone", OPT_TEXT, "Z", "the IANA time zone that it is meant in: Asia/Kolkata, …"),
	OPTIONAL("from", OPT_INSTANT, "T", "the first time after this one; a time, a date or a span from now like 14d (now)"),
	COUNT("count", SCHEDULE_PREVIEW_MAX, "so many times (5)"),
	END};

#define TOLD(name, help) OPTIONAL(name, OPT_FEATURE, "yes|no|plan", help)

/* named as the kinds are, with dashes */
static const struct ctl_option notifications_set_options[] = {
	USER,
	TOLD("run-success", "a run succeeded"),
	TOLD("run-failed", "a run failed for good"),
	TOLD("endpoint-disabled", "a webhook endpoint was disabled, as it is gone or does nothing but fail"),
	TOLD("integration-disconnected", "an integration refuses its login"),
	TOLD("trial-ending", "a trial ends within three days"),
	TOLD("quota-80", "80 % of the month's runs are used"),
	TOLD("quota-100", "all of the month's runs are used"),
	TOLD("schedule-paused", "a schedule was paused, as its runs failed"),
	END};

#define ENDPOINT {"endpoint", NULL, OPT_TEXT, "ENDPOINT", true, true, NULL, "the endpoint's id, whk_…", 0}

static const char *const delivery_states[] = {"pending", "delivered", "failed", NULL};

static const struct ctl_option webhook_deliveries_options[] = {
	ENDPOINT,
	USER,
	{"status", NULL, OPT_CHOICE, "STATUS", false, false, delivery_states, "only what is pending, delivered or failed", 0},
	COUNT("limit", 10000, "at most so many, the newest (20)"),
	END};

static const struct ctl_option webhook_test_options[] = {ENDPOINT, USER, END};

static const struct ctl_option webhook_replay_options[] = {
	USER,
	OPTIONAL("delivery", OPT_TEXT, "ID", "this delivery, dlv_…"),
	OPTIONAL("event", OPT_TEXT, "ID", "this event, evt_…"),
	OPTIONAL("endpoint", OPT_TEXT, "ID", "all deliveries to this endpoint, whk_…, …"),
	OPTIONAL("failed-since", OPT_PAST, "TIME", "… that failed and were made since then; a time, a date or a span like 6h"),
	END};

static const struct ctl_option mail_test_options[] = {
	{"to", NULL, OPT_TEXT, "ADDRESS", true, false, NULL, "where the mail goes", 0},
	END};

static const struct ctl_option outbound_check_options[] = {
	{"url", NULL, OPT_TEXT, "URL", true, true, NULL, "the URL", 0},
	OPTIONAL("strict", OPT_FLAG, NULL, "leave out what the configuration allows in addition"),
	END};

static const struct ctl_option audit_options[] = {
	OPTIONAL("user", OPT_TEXT, "USER", "of this user only"),
	OPTIONAL("action", OPT_TEXT, "PREFIX", "actions that begin with this: key, key.create, …"),
	OPTIONAL("since", OPT_PAST, "TIME", "from then on; a time, a date or a span like 30d"),
	COUNT("limit", 1000000, "at most so many, the newest (100)"),
	END};

/* threads: as many as [worker] threads may have */
static const struct ctl_option tick_options[] = {
	COUNT("runs", 1000000, "at most so many runs (1000)"),
	COUNT("deliveries", 1000000, "at most so many webhooks and mails (1000)"),
	COUNT("seconds", 86400, "start nothing after so many seconds (50)"),
	COUNT("threads", 1024, "runs at once (4)"),
	END};

static const char *const secret_kinds[] = {"pepper", "seal", NULL};

static const struct ctl_option secrets_rotate_options[] = {
	{"kind", NULL, OPT_CHOICE, "KIND", false, false, secret_kinds, "pepper or seal; both when not given", 0},
	COUNT("wait", 86400, "wait so many seconds for processes to read the new key (120)"),
	OPTIONAL("retire", OPT_TEXT, "ID", "take this key away instead, once nothing depends on it"),
	OPTIONAL("force", OPT_FLAG, NULL, "with --retire: revoke the API keys that depend on the pepper"),
	END};

const struct ctl_command ctl_commands[] = {
	{"config show-defaults", 0, no_options, cmd_show_defaults,
	 "Print a sample configuration with every default", NULL},
	{"secrets init", NEED_CONFIG, no_options, cmd_secrets_init,
	 "Make the files of secrets that are missing",
	 "The pepper, under which API keys are hashed, and the key that seals webhook secrets and\n"
	 "settings. A file that is there stays as it is. Made by root, a file belongs to the owner\n"
	 "of its directory."},
	{"secrets rotate", NEED_SCHEMA | NEED_PEPPER | NEED_SEAL, secrets_rotate_options, cmd_secrets_rotate,
	 "Make a new pepper and a new sealing key while everything runs",
	 "A new key is written behind the others in its file. Once every live process of every host has\n"
	 "read it, new things are written under it; on other hosts, copy the file there meanwhile. Call\n"
	 "it again to go on where it stood. With --retire a key that nothing depends on is taken away."},
	{"secrets status", NEED_SCHEMA | NEED_PEPPER | NEED_SEAL, no_options, cmd_secrets_status,
	 "Show the keys, what depends on each, and which processes have read it", NULL},
	{"migrate", NEED_DB, migrate_options, cmd_migrate,
	 "Make or update the database's schema",
	 "Goes on where an earlier call was stopped, and waits for another that is under way."},
	{"doctor", 0, no_options, cmd_doctor,
	 "Check the installation and say what to do",
	 "Warnings leave the exit status 0; what fails makes it 1, an unusable configuration 3, a\n"
	 "database that is away 4."},
	{"user create", NEED_SCHEMA | NEED_SEAL, user_create_options, cmd_user_create,
	 "Make a user", "A new user has no subscription to any agent: see subscription set."},
	{"user password", NEED_SCHEMA, user_password_options, cmd_user_password,
	 "Set the password by which a user logs in to the dashboard",
	 "It has 10 characters or more. The user's sessions end, everywhere within 5 seconds."},
	{"user list", NEED_SCHEMA, no_options, cmd_user_list, "List the users", NULL},
	{"plan list", NEED_SCHEMA, no_options, cmd_plan_list, "List the plans, their limits and features", NULL},
	{"plan set", NEED_SCHEMA, plan_set_options, cmd_plan_set,
	 "Set a user's plan, and own limits and features",
	 "N is a number, \"unlimited\", or \"plan\": the plan's own figure counts again, as a feature's.\n"
	 "Limits and features that are not given stay as they are."},
	{"subscription set", NEED_SCHEMA, subscription_set_options, cmd_subscription_set,
	 "Set a user's subscription to an agent, or to all",
	 "\"all\" replaces what was set for single agents."},
	{"key create", NEED_SCHEMA | NEED_PEPPER, key_create_options, cmd_key_create,
	 "Make an API key and show it, this once", NULL},
	{"key list", NEED_SCHEMA, user_options, cmd_key_list, "List a user's API keys", NULL},
	{"key rotate", NEED_SCHEMA | NEED_PEPPER, key_rotate_options, cmd_key_rotate,
	 "Make an API key that replaces another, and show it, this once",
	 "The new key has the old one's name, scopes, networks and lifetime. The old one expires when the\n"
	 "overlap is over, never later than it would have."},
	{"key revoke", NEED_SCHEMA, key_revoke_options, cmd_key_revoke,
	 "Revoke an API key, everywhere within 5 seconds", NULL},
	{"budget set", NEED_SCHEMA, budget_set_options, cmd_budget_set,
	 "Bound the tokens that a user's runs may use of models in a month",
	 "Of all the user's runs, or of those of one agent or one API key. What is used already this month\n"
	 "stays counted when the figure is changed; a new budget counts from now on, for runs that have not\n"
	 "started yet."},
	{"budget list", NEED_SCHEMA, user_options, cmd_budget_list, "List a user's budgets, and what is used of them", NULL},
	{"connection add", NEED_SCHEMA | NEED_SEAL, connection_add_options, cmd_connection_add,
	 "Connect a user's mailbox",
	 "It takes the place of what the integration was connected to. Exactly one of --maildir, --mbox\n"
	 "and --imap is needed; --imap needs --password-file, and --username or --address."},
	{"connection list", NEED_SCHEMA | NEED_SEAL, user_options, cmd_connection_list,
	 "List a user's connections, and where they lead to", NULL},
	{"connection remove", NEED_SCHEMA | NEED_SEAL, connection_remove_options, cmd_connection_remove,
	 "Disconnect a user's mailbox, and forget how it is reached",
	 "The mailbox itself stays as it is. What was learned of it is known again when it is connected\n"
	 "again; see memory reset."},
	{"memory list", NEED_SCHEMA, memory_list_options, cmd_memory_list,
	 "Show what agents have learned of a user",
	 "How often something was done to what comes from a sender or list, and how often the user\n"
	 "undid it, as by moving an archived mail back to the inbox."},
	{"memory reset", NEED_SCHEMA, memory_reset_options, cmd_memory_reset,
	 "Have an agent forget what it has learned of a user", NULL},
	{"mail test", NEED_CONFIG, mail_test_options, cmd_mail_test,
	 "Send a test mail, and say what the mail server answers",
	 "The exit status is 0 when the server has taken it, 1 when it has not."},
	{"notifications show", NEED_SCHEMA, user_options, cmd_notifications_show, "Show what a user is told of by mail", NULL},
	{"notifications set", NEED_SCHEMA, notifications_set_options, cmd_notifications_set,
	 "Set what a user is told of by mail",
	 "\"plan\" is what the user's plan has: all of it, but for the ends of runs when the plan has webhooks.\n"
	 "What is not given stays as it is."},
	{"webhook-secret show", NEED_SCHEMA | NEED_SEAL, user_options, cmd_webhook_secret_show,
	 "Show the secret that the webhooks of a user's runs are signed with",
	 "Those that go to a run's own webhook_url. An endpoint has a secret of its own."},
	{"webhook-secret rotate", NEED_SCHEMA | NEED_SEAL, user_options, cmd_webhook_secret_rotate,
	 "Make a new secret for the webhooks of a user's runs, and show it",
	 "The old one signs beside it for 24 hours."},
	{"webhook list", NEED_SCHEMA, user_options, cmd_webhook_list, "List a user's webhook endpoints", NULL},
	{"webhook deliveries", NEED_SCHEMA, webhook_deliveries_options, cmd_webhook_deliveries,
	 "Show what was delivered to a webhook endpoint, the newest first", NULL},
	{"webhook test", NEED_SCHEMA, webhook_test_options, cmd_webhook_test,
	 "Send a test to a webhook endpoint, also to one that is disabled", NULL},
	{"webhook replay", NEED_SCHEMA, webhook_replay_options, cmd_webhook_replay,
	 "Send a delivery, an event, or all that failed, once more",
	 "An event goes to every endpoint that wants it now. What failed since a time is sent once, however\n"
	 "often it is asked for."},
	{"outbound check", 0, outbound_check_options, cmd_outbound_check,
	 "Say whether a webhook may be sent to a URL, and why not",
	 "The host is resolved, here and now. The exit status is 0 when it is allowed, 1 when it is refused."},
	{"execution show", NEED_SCHEMA, execution_show_options, cmd_execution_show,
	 "Show a run of any user, with its steps", NULL},
	{"schedule list", NEED_SCHEMA, user_options, cmd_schedule_list, "List a user's schedules", NULL},
	{"schedule set", NEED_SCHEMA, schedule_set_options, cmd_schedule_set,
	 "Make a user's schedule of an agent, or put another in its place",
	 "What is not given is a default again. What has run, and the history, stay."},
	{"schedule pause", NEED_SCHEMA, schedule_options, cmd_schedule_pause,
	 "Have a schedule not fire until it is resumed", NULL},
	{"schedule resume", NEED_SCHEMA, schedule_options, cmd_schedule_resume,
	 "Have a paused schedule go on with the next time that comes",
	 "Failures in a row are counted anew. What was missed meanwhile is not caught up."},
	{"schedule delete", NEED_SCHEMA, schedule_options, cmd_schedule_delete,
	 "Delete a schedule, and the runs of it that wait for their turn",
	 "A run that goes on is not stopped."},
	{"schedule run", NEED_SCHEMA, schedule_options, cmd_schedule_run,
	 "Run a schedule now, with its input and its overlap policy", NULL},
	{"schedule history", NEED_SCHEMA, schedule_history_options, cmd_schedule_history,
	 "Show what became of a schedule's times, the newest first", NULL},
	{"schedule preview", 0, schedule_preview_options, cmd_schedule_preview,
	 "Show the next times of a schedule, or of a cron expression in a time zone",
	 "Either AGENT and --user, or --cron and --timezone, which need neither configuration nor\n"
	 "database."},
	{"audit", NEED_SCHEMA, audit_options, cmd_audit,
	 "Show who changed what from where, the newest first",
	 "Every change to users, plans, subscriptions, budgets, keys, schedules, connections, webhooks, what\n"
	 "is told by mail and the server's secrets is there, and each session, with the key, the session or\n"
	 "the operator that made it."},
	{"tick", NEED_CONFIG | NEED_SEAL, tick_options, cmd_tick,
	 "Fire and run what is due, and send webhooks and mails, once",
	 "For hosts without a worker, a scheduler and a sender: call it from cron each minute. Schedules that are due are\n"
	 "fired first, and run in the same call."},
	{NULL, 0, NULL, NULL, NULL, NULL}};
