/* What the tests of agents share: a host that records what an agent asks of it, runs whose output is
 * checked against its schema, Maildirs of one's own. */
#ifndef AGENTIV_TESTS_AGENTS_FIXTURE_H
#define AGENTIV_TESTS_AGENTS_FIXTURE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>

#include "agents/registry.h"
#include "integrations/mail.h"

#define FX_PATH 128
#define FX_NOW  INT64_C(1772442000000)     /* Monday, 2026-03-02 09:00 UTC */

/* The host; fx_host_reset puts it back to a connected, willing one. */
struct fx_host {
	bool stopped, refuse, connected;
	unsigned stop_after_acts;          /* 0: never */
	unsigned acts, steps, attempt;
	unsigned run;                      /* attempts of one run share it */
	unsigned place;                    /* what the connection leads to */
	unsigned run_under_way;            /* another run, whose intents are its own; 0: none */
	int64_t remembered_ms;             /* when what is remembered last changed */
	unsigned ledger_calls, fail_ledger_call;   /* of plan and settle: the one that fails, 0 none */
	int64_t waited_ms;
	int64_t reserved, tokens;          /* of all model calls; refuse_tokens: no more than so many are reserved, 0 any */
	int64_t refuse_tokens;
	bool calling;                      /* a model call is not settled */
	char step_names[64][64];
	char kind[32], path[FX_PATH];      /* of the connection */
	const char *address;               /* NULL: none in its settings */
	char summary[AGENT_SUMMARY_SIZE];
	struct error error;
};
extern struct fx_host fx_host;
void fx_host_reset(void);
/* Another run of the same account: what the host keeps of effects and memory stays. */
void fx_next_run(void);
/* agents_ledger.c: parts of the host */
void fx_ledger_reset(void);
void fx_ledger_age(void);
bool fx_resume(void *data, const char **plan, size_t *n, struct error *err);
bool fx_plan(void *data, const char *plan, size_t n, struct agent_effect *const *effects, unsigned count,
             struct error *err);
bool fx_look(void *data, struct agent_effect *const *effects, unsigned count, struct error *err);
bool fx_settle(void *data, struct agent_effect *const *effects, unsigned count, enum agent_effect_state state,
               struct error *err);
bool fx_recall(void *data, struct agent_memory *memories, unsigned count, struct error *err);

/* Loads the project's agents and the examples once. */
const struct manifest *fx_manifest(const char *slug);

/* Runs an agent on its input (JSON, which must fit its schema). The output, which fits the output
 * schema, is the caller's (json_object_put); NULL when the run failed (fx_host.error). */
struct json_object *fx_run(const char *slug, const char *input);
struct json_object *fx_run_object(const char *slug, struct json_object *input);

/* Members by path ("inbox_stats.total", "triaged.0.category"); fails the test when there is none. */
struct json_object *fx_get(struct json_object *o, const char *path);
const char *fx_text(struct json_object *o, const char *path);
int64_t fx_int(struct json_object *o, const char *path);
size_t fx_length(struct json_object *o, const char *path);
/* The mail of an output whose id begins so. */
struct json_object *fx_mail(struct json_object *output, const char *id);
/* How many effects of an output have that status. */
unsigned fx_effects_with(struct json_object *output, const char *status);
/* The reason of a mail that holds the words, NULL. */
const char *fx_reason(struct json_object *mail, const char *words);
bool fx_warned(struct json_object *output, const char *code);

/* A mail from its text, given as one string. */
void fx_parse(struct mail *m, const char *raw);

/* Folders below the temporary one; removed with all that is in them. */
void fx_folder(char path[FX_PATH]);
void fx_remove(const char *path);
void fx_maildir(char path[FX_PATH]);
void fx_deliver(const char *maildir, const char *sub_and_name, const char *text);
/* One more mail in the folder of sent ones. */
void fx_sent(const char *maildir, const char *text);
void fx_write(const char *dir, const char *name, const char *text, size_t n);
bool fx_exists(const char *dir, const char *name);
unsigned fx_count(const char *dir, const char *sub);
/* The twenty samples, dated as seen from FX_NOW, in a Maildir that the host has connected. */
void fx_samples(char path[FX_PATH]);

#endif
