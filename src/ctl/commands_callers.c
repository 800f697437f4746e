/* The table of commands for callers: they ask a server over HTTP with an API key. */
#include "core/schedules.h"
#include "core/webhook.h"
#include "ctl/ctl.h"

#define END {NULL, NULL, OPT_FLAG, NULL, false, false, NULL, NULL, 0}
#define OPTIONAL(name, type, arg, help) {name, NULL, type, arg, false, false, NULL, help, 0}
#define COUNT(name, max, help) {name, NULL, OPT_COUNT, "N", false, false, NULL, help, max}
#define CHOICE(name, arg, choices, help) {name, NULL, OPT_CHOICE, arg, false, false, choices, help, 0}
#define AGENT {"slug", "agent", OPT_TEXT, "SLUG", true, true, NULL, "the agent's slug: email-triage, …", 0}
#define ID {"id", NULL, OPT_TEXT, "ID", true, true, NULL, "the execution's id, exec_…", 0}

/* How the server is reached. */
#define SERVER \
	OPTIONAL("url", OPT_TEXT, "URL", "the server, without /api; else $AGENTIV_BASE_URL"), \
	OPTIONAL("key-file", OPT_TEXT, "FILE", "file whose first line is the API key, - is standard input; else" \
	         " $AGENTIV_API_KEY"), \
	OPTIONAL("ca-file", OPT_TEXT, "PEM", "file of the only certificates to trust; else the system's"), \
	COUNT("timeout", 3600, "seconds that a request may take (60)")

#define INPUT OPTIONAL("input", OPT_LIST, "INPUT", "NAME=VALUE, NAME=@FILE, @FILE or an object of JSON; may be given" \
                       " again, what comes later counts; - is standard input")

static const char *const statuses[] = {"queued", "running", "success", "failed", NULL};
static const char *const triggers[] = {"api", "schedule", "manual", "mcp", NULL};
static const char *const catch_ups[] = {"latest", "none", NULL};
static const char *const overlaps[] = {"queue", "skip", "cancel_previous", NULL};
static const char *const outcomes[] = {"fired", "caught_up", "skipped", "manual", NULL};
static const char *const shells[] = {"bash", "zsh", "agents", NULL};

static const struct ctl_option run_options[] = {
	AGENT,
	INPUT,
	OPTIONAL("async", OPT_FLAG, NULL, "do not wait for its end"),
	OPTIONAL("follow", OPT_FLAG, NULL, "print its steps as they happen"),
	OPTIONAL("webhook-url", OPT_TEXT, "URL", "where its result is sent, too"),
	{"delay", NULL, OPT_SPAN, "SPAN", false, false, NULL, "start it after 90s, 45m, 12h or 30d; only --follow waits for it", 30 * 86400},
	OPTIONAL("run-at", OPT_TIME, "TIME", "start it then; a time to come or a date; only --follow waits for it"),
	COUNT("max-tokens", 1000000000, "so many tokens may its model calls use at most"),
	OPTIONAL("idempotency-key", OPT_TEXT, "KEY", "a repeat with the same key and input is the same run"),
	SERVER, END};

static const struct ctl_option agents_list_options[] = {SERVER, END};
static const struct ctl_option agents_show_options[] = {AGENT, SERVER, END};

static const struct ctl_option executions_list_options[] = {
	CHOICE("status", "STATUS", statuses, "only those that are queued, running, success or failed"),
	OPTIONAL("agent", OPT_TEXT, "SLUG", "only this agent's"),
	CHOICE("trigger", "TRIGGER", triggers, "only those started by api, schedule, manual or mcp"),
	OPTIONAL("schedule", OPT_TEXT, "ID", "only those of this schedule, sch_…"),
	OPTIONAL("since", OPT_PAST, "TIME", "made then or later; a time, a date or a span like 6h"),
	OPTIONAL("until", OPT_PAST, "TIME", "made before then; the same"),
	COUNT("limit", 10000, "at most so many, the newest (20)"),
	SERVER, END};

static const struct ctl_option execution_options[] = {ID, SERVER, END};

static const struct ctl_option executions_steps_options[] = {
	ID, COUNT("limit", 10000, "at most so many, the first (1000)"), SERVER, END};

static const struct ctl_option schedule_options[] = {AGENT, SERVER, END};

static const struct ctl_option schedules_set_options[] = {
	AGENT,
	{"cron", NULL, OPT_TEXT, "E", true, false, NULL, "the expression, of five fields: \"0 6 * * 1-5\"", 0},
	{"timezone", NULL, OPT_TEXT, "Z", true, false, NULL, "the IANA time zone that it is meant in: Asia/Kolkata, …", 0},
	INPUT,
	CHOICE("catch-up", "WHAT", catch_ups, "after an outage: latest, one run for the last hour; or none"),
	CHOICE("overlap", "WHAT", overlaps, "while a run goes on: queue, the next one waits; skip; or cancel_previous"),
	OPTIONAL("starts-at", OPT_INSTANT, "T", "no run before it; a time, a date or a span from now like 14d"),
	OPTIONAL("ends-at", OPT_TIME, "T", "no run after it; the same, to come"),
	COUNT("pause-after-failures", SCHEDULE_FAILURES_MAX, "pause it when so many runs in a row have failed"),
	OPTIONAL("disabled", OPT_FLAG, NULL, "do not fire until it is set again"),
	SERVER, END};

static const struct ctl_option schedules_preview_options[] = {
	AGENT,
	OPTIONAL("cron", OPT_TEXT, "E", "an expression that is not saved, with --timezone"),
	OPTIONAL("timezone", OPT_TEXT, "Z", "the IANA time zone that it is meant in"),
	OPTIONAL("from", OPT_INSTANT, "T", "the first time after this one; a time, a date or a span from now like 14d (now)"),
	COUNT("count", SCHEDULE_PREVIEW_MAX, "so many times (5)"),
	SERVER, END};

static const struct ctl_option schedules_history_options[] = {
	AGENT,
	CHOICE("outcome", "OUTCOME", outcomes, "only what was fired, caught_up, skipped or manual"),
	COUNT("limit", 10000, "at most so many, the newest (20)"),
	SERVER, END};

static const struct ctl_option usage_options[] = {
	OPTIONAL("user", OPT_TEXT, "USER", "for operators: this user's, from the database; an id or e-mail address"),
	SERVER, END};

static const struct ctl_option mcp_options[] = {
	OPTIONAL("url", OPT_TEXT, "URL", "the server, without /mcp; else $AGENTIV_BASE_URL"),
	OPTIONAL("key-file", OPT_TEXT, "FILE", "file whose first line is the API key; else $AGENTIV_API_KEY"),
	OPTIONAL("ca-file", OPT_TEXT, "PEM", "file of the only certificates to trust; else the system's"),
	COUNT("timeout", 3600, "seconds that the server may be silent for during a request (330)"),
	END};

static const struct ctl_option completion_options[] = {
	{"for", NULL, OPT_CHOICE, "WHAT", true, true, shells, "bash or zsh; or agents, the slugs that they complete", 0},
	OPTIONAL("url", OPT_TEXT, "URL", "the server of the slugs; else $AGENTIV_BASE_URL"),
	OPTIONAL("key-file", OPT_TEXT, "FILE", "file of the API key; else $AGENTIV_API_KEY"),
	OPTIONAL("ca-file", OPT_TEXT, "PEM", "file of the only certificates to trust"),
	COUNT("timeout", 3600, "seconds that asking may take (60)"),
	END};

const struct ctl_command ctl_caller_commands[] = {
	{"run", NEED_SERVER, run_options, cmd_run,
	 "Run an agent and print its result",
	 "Without --async it waits for the end, however long that takes. Ctrl-C ends the wait, not the run.\n"
	 "VALUE is JSON where it is JSON (20, true, [\"a\"], \"20\") and else a text; a name with dots is a\n"
	 "member of an object. The exit status is 1 when the run fails."},
	{"agents list", NEED_SERVER, agents_list_options, cmd_agents_list, "List the agents, and whether they may be run", NULL},
	{"agents show", NEED_SERVER, agents_show_options, cmd_agents_show, "Show an agent and the input that it takes", NULL},
	{"executions list", NEED_SERVER, executions_list_options, cmd_executions_list, "List runs, the newest first", NULL},
	{"executions show", NEED_SERVER, execution_options, cmd_executions_show, "Show a run and its output", NULL},
	{"executions steps", NEED_SERVER, executions_steps_options, cmd_executions_steps, "List what a run has done", NULL},
	{"executions follow", NEED_SERVER, execution_options, cmd_executions_follow,
	 "Print a run's steps as they happen, then its result", "The exit status is 1 when the run fails."},
	{"executions cancel", NEED_SERVER, execution_options, cmd_executions_cancel,
	 "Cancel a run", "One that waits ends at once, one that runs at its next step."},
	{"schedules list", NEED_SERVER, agents_list_options, cmd_schedules_list, "List the schedules", NULL},
	{"schedules show", NEED_SERVER, schedule_options, cmd_schedules_show, "Show the schedule of an agent", NULL},
	{"schedules set", NEED_SERVER, schedules_set_options, cmd_schedules_set,
	 "Make the schedule of an agent, or put another in its place",
	 "What is not given is a default again. What has run, and the history, stay."},
	{"schedules delete", NEED_SERVER, schedule_options, cmd_schedules_delete,
	 "Delete a schedule, and the runs of it that wait for their turn", NULL},
	{"schedules run", NEED_SERVER, schedule_options, cmd_schedules_run, "Run a schedule now, with its input", NULL},
	{"schedules preview", NEED_SERVER, schedules_preview_options, cmd_schedules_preview,
	 "Show the next times of a schedule, or of an expression that is not saved", NULL},
	{"schedules history", NEED_SERVER, schedules_history_options, cmd_schedules_history,
	 "Show what became of a schedule's times, the newest first", NULL},
	{"usage", 0, usage_options, cmd_usage,
	 "Show what is used of what the plan allows",
	 "The key's account is asked of the server. With --user it is an operator's command, on the database."},
	{"mcp", NEED_SERVER, mcp_options, cmd_mcp,
	 "Speak MCP on standard input and output, for a local client",
	 "Each line is a message, which is sent to the server's /mcp with the key; the answers come back as\n"
	 "lines. It ends with its standard input."},
	{"completion", 0, completion_options, cmd_completion,
	 "Print the script by which a shell completes agentivctl",
	 "For bash: source <(agentivctl completion bash). For zsh: put it into a file _agentivctl in a folder\n"
	 "of $fpath. Where packages put them it is installed already."},
	{NULL, 0, NULL, NULL, NULL, NULL}};

const struct ctl_command *ctl_next_command(const struct ctl_command *k)
{
	k = k ? k + 1 : ctl_commands;
	if (k->words)
		return k;
	return ctl_is_for_callers(k) ? NULL : ctl_caller_commands;
}

bool ctl_is_for_callers(const struct ctl_command *k)
{
	return k >= ctl_caller_commands && k < ctl_caller_commands + sizeof ctl_caller_commands / sizeof *ctl_caller_commands;
}
