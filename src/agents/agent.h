/* What an agent is, and what it sees while it runs. An agent never sees the
 * store, the database or HTTP: everything outside comes through agent_ctx.
 *
 * Ownership: agent_ctx and all that it points to is the executor's and lives
 * until run returns. The agent fills *result; its output buffer is the executor's. */
#ifndef AGENTIV_AGENTS_AGENT_H
#define AGENTIV_AGENTS_AGENT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define AGENT_SUMMARY_SIZE 500
#define AGENT_OUTPUT_MAX   (4u << 20)   /* bytes; OUTPUT_TOO_LARGE past it */

struct agent_result {
	struct buf output;                      /* JSON text of one object, ceiling AGENT_OUTPUT_MAX */
	char       summary[AGENT_SUMMARY_SIZE]; /* one line, UTF-8 */
};

/* One connected integration of the account, as the operator or the owner connected it. */
struct agent_connection {
	char                id[40];      /* "con_…": stays the same as long as it leads to the same place */
	char                kind[32];    /* "maildir", "mbox", … : the way in */
	struct json_object *settings;    /* borrowed from the executor until run returns */
};

/* One thing outside that a run changes. Before the first change all of them are announced with the plan (agent_host.plan),
 * after each is told what came of it (settle): whoever goes on after a crash knows which were done, and has to look
 * (probe) only at those that were intended.
 *
 * The same thing in another run is the same effect: its key is the SHA-256 of account, agent, connection, kind, target and
 * content. Strings are the agent's until the run ends. */
enum agent_effect_state {
	AGENT_EFFECT_NEW,
	AGENT_EFFECT_INTENDED,               /* an attempt before meant to: it may have been done */
	AGENT_EFFECT_DONE,
	AGENT_EFFECT_UNDONE,                 /* it was done, and the user changed it back */
	AGENT_EFFECT_FAILED,                 /* was tried and not done: may be tried again */
	AGENT_EFFECT_BUSY                    /* another run, which is under way, means to do it */
};
struct agent_lesson { const char *kind, *subject; };   /* "sender", "ann@example.org": counted with the effect */
#define AGENT_LESSONS_MAX 2
struct agent_effect {
	const char *integration, *kind, *target, *content;     /* content NULL: none */
	struct agent_lesson lessons[AGENT_LESSONS_MAX]; unsigned lesson_count;
	/* the host's */
	enum agent_effect_state state;
	bool this_run;                       /* an earlier attempt of this very run did or intended it */
	int64_t changed_ms;                  /* when state became so; 0: NEW */
	const char *remote_id;               /* what it became, set by the agent before settle; NULL: unknown */
};
#define AGENT_EFFECTS_MAX 1024               /* of a run */

/* How often something was done to what comes from a subject, and how often the user undid it. */
struct agent_memory { const char *kind, *subject; int64_t done, undone, changed_ms; };    /* changed_ms: the last of these */

/* What the executor offers a running agent; data is its own. Where a function returns false with err, the agent ends with
 * that error. */
struct agent_host {
	/* True when the run was cancelled, its lease was lost or its time is over: stop soon,
	 * return false; the executor knows which it was. Cheap: an atomic load. */
	bool (*stopped)(void *data);
	/* True when the lease was checked just now: call before each outside effect. */
	bool (*may_act)(void *data, struct error *err);
	/* ERR_INTEGRATION_NOT_CONNECTED when the account has none. */
	bool (*connection)(void *data, const char *integration, struct agent_connection *out,
	                   struct error *err);
	/* Logs one step of the run: kind "integration", "model" or "log". detail is JSON text or NULL. */
	void (*step)(void *data, const char *kind, const char *name, const char *detail,
	             int64_t tokens, int64_t duration_ms);
	/* Before each call of a model: reserves as many tokens as it may use at most, question and answer together, of every
	 * budget that bounds the run, or none. Nothing is refused where there is no budget. At a time one call. */
	bool (*reserve_tokens)(void *data, int64_t tokens, struct error *err);
	/* After it, also when it failed: what it really used. A call that is not settled counts as reserved. */
	bool (*settle_tokens)(void *data, int64_t used, struct error *err);
	/* Waits up to ms milliseconds; false when the run was stopped meanwhile. */
	bool (*wait)(void *data, int64_t ms);
	/* What an attempt before this one had planned; *plan NULL: nothing. The text is the host's. */
	bool (*resume)(void *data, const char **plan, size_t *n, struct error *err);
	/* In one transaction, under the lease: keeps the plan (NULL: it is kept already), tells the effects' states as they
	 * were, and marks as intended those that are NEW or FAILED. */
	bool (*plan)(void *data, const char *plan, size_t n, struct agent_effect *const *effects, unsigned count,
	             struct error *err);
	/* Tells the effects' states, and changes nothing. */
	bool (*look)(void *data, struct agent_effect *const *effects, unsigned count, struct error *err);
	/* Writes what came of effects: DONE, UNDONE (only of what is DONE) or FAILED, and counts their lessons. */
	bool (*settle)(void *data, struct agent_effect *const *effects, unsigned count, enum agent_effect_state state,
	               struct error *err);
	/* Fills the counts of what is remembered of the account. */
	bool (*recall)(void *data, struct agent_memory *memories, unsigned count, struct error *err);
};

struct mailbox_env;

struct agent_ctx {
	struct json_object *input;        /* fits the manifest's input schema; never NULL */
	struct json_object *settings;     /* of the manifest's runner, shared by threads: only to be read; NULL: none */
	const char         *timezone;     /* the account's, IANA */
	int64_t             now_ms;       /* when this attempt started */
	int64_t             deadline_ms;  /* when it must have ended */
	unsigned            attempt;      /* from 1 */
	const struct agent_host *host;
	void               *host_data;
	const struct mailbox_env *mailboxes;   /* for mailbox_open; NULL: none that needs a network */
};

/* Runs the agent. false: err says why, err->retryable whether another attempt may help;
 * the code is EXECUTION_FAILED unless a closer one fits. */
typedef bool (*agent_run_fn)(struct agent_ctx *ctx, struct agent_result *result, struct error *err);

/* Looks, before a run is accepted, at what the input schema cannot express: names of time zones, a query's
 * grammar. The input fits the schema. ERR_INVALID_INPUT with the field's path from "input_payload" on. */
typedef bool (*agent_check_fn)(struct json_object *input, struct error *err);

/* A builtin runner: one line in registry.c. */
struct agent_builtin {
	const char    *name;   /* what a manifest's "runner": {"builtin": NAME} says */
	agent_run_fn   run;
	agent_check_fn check;  /* NULL: the schema says it all */
	const char *const *settings;   /* names of the settings that a manifest's runner may have, NULL-terminated; NULL: none */
};

#endif
