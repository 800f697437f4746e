/* Tables executions and execution_results (with leases for what runs now) and execution_steps: reading.
 * Writing is admission.h (accept), queue.h (claim, end, cancel).
 *
 * Ownership: strings of a struct execution live in the arena given to the reader. */
#ifndef AGENTIV_STORE_EXECUTIONS_H
#define AGENTIV_STORE_EXECUTIONS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

/* As the API shows it. Stored are 0 (open: queued, or running while it is leased), 2 and 3. */
enum exec_status { EXEC_QUEUED, EXEC_RUNNING, EXEC_SUCCESS, EXEC_FAILED, EXEC_STATUS__MAX };
enum exec_trigger { TRIGGER_API, TRIGGER_SCHEDULE, TRIGGER_MANUAL, TRIGGER_MCP, TRIGGER__MAX };

const char *exec_status_name(enum exec_status s);                   /* "queued" */
bool exec_status_by_name(const char *name, enum exec_status *out);
const char *exec_trigger_name(enum exec_trigger t);                 /* "api" */
bool exec_trigger_by_name(const char *name, enum exec_trigger *out);

struct execution {
	struct id id;
	uint64_t  account_id;
	struct id account_public_id;      /* usr_…; filled by execution_find_many and by outbox_claim only */
	const char *agent;
	enum exec_status status;
	enum exec_trigger trigger;
	int64_t   queued_at, started_at, completed_at;   /* ms; 0 unknown */
	int64_t   run_at;                 /* when a delayed run was to start, 0: at once */
	int64_t   max_tokens;             /* 0 none */
	unsigned  attempt;                /* attempts started so far */
	bool      has_tokens, has_duration, has_schedule;
	int64_t   tokens_used, duration_ms;
	struct id schedule_id;
	const char *error_code, *error_message;          /* NULL when none */
	const char *summary;                             /* NULL when none */
	const char *webhook_url;
	const char *output; size_t output_len;           /* JSON text; NULL when none or not asked for */
};

/* By id, of that account (0: of any, for the operator). *found false when there is none. One read by primary key.
 * The input is queue_load_input's: no caller of this shows it. */
bool execution_find(struct db_conn *c, uint64_t account_id, const struct id *id, struct arena *a,
                    struct execution *out, bool *found, struct error *err);

/* Up to DB_LIST_MAX executions by id, of any account, those that exist, in no order: for waiters and events. */
bool execution_find_many(struct db_conn *c, const struct id *ids, unsigned n, struct arena *a,
                         struct execution *out, unsigned *count, struct error *err);

/* The same without account_public_id, for requests: an output larger than EXECUTION_OUTPUT_WHOLE stands there
 * without its text (output NULL, output_len its length), so that a batch of them is never in memory together. */
#define EXECUTION_OUTPUT_WHOLE 65536
bool execution_find_group(struct db_conn *c, const struct id *ids, unsigned n, struct arena *a,
                          struct execution *out, unsigned *count, struct error *err);

struct execution_filter {
	uint64_t account_id;
	int      status;                  /* enum exec_status or -1 */
	const char *agent;                /* NULL: any */
	int      trigger;                 /* enum exec_trigger or -1 */
	bool     has_schedule; struct id schedule_id;
	struct id from, before;           /* from <= id < before: bounds by time and cursor */
	unsigned limit;                   /* 1–100 */
};
/* Newest first, without input, output and webhook_url. Looks at no more than EXECUTION_SCAN_MAX rows: *more
 * tells whether the range was left unfinished, *last the last id looked at (the next cursor). out has room for
 * limit. The rows are the range of (account_id, id); what else is asked for is looked at row by row. An index for
 * each filter would be written with every run, and those over the status again at its end, for a list that few
 * ask for: so a page that finds little ends after EXECUTION_SCAN_MAX rows and says where to go on. */
#define EXECUTION_SCAN_MAX 5000
bool execution_list(struct db_conn *c, const struct execution_filter *f, struct arena *a,
                    struct execution *out, unsigned *count, bool *more, struct id *last,
                    struct error *err);

struct execution_step {
	struct id execution_id;
	unsigned seq;
	int64_t  at;
	const char *kind, *name;
	const char *detail; size_t detail_len;   /* JSON text or NULL */
	bool has_tokens, has_duration;
	int64_t tokens, duration_ms;
};
/* Steps after a sequence number, in order, at most max. */
bool execution_steps(struct db_conn *c, const struct id *id, unsigned after, unsigned max,
                     struct arena *a, struct execution_step *out, unsigned *count, struct error *err);

/* What is asked for of one execution's steps, and what was read of them. */
struct execution_steps {
	struct id id;
	unsigned  after, last;            /* after < seq <= last; then last is how far they were read */
	struct execution_step *steps;     /* the arena's, in order */
	unsigned  count;
	size_t    bytes;                  /* of their texts */
};
/* The steps of 1 to DB_LIST_MAX executions in one statement, for those who follow them; one execution may be asked
 * for more than once. Each gets its share of EXECUTION_STEPS_ROWS at most, and ends with the step that uses up its
 * share of EXECUTION_STEPS_BYTES. What is left is to be asked for again, after last. */
#define EXECUTION_STEPS_ROWS  512
#define EXECUTION_STEPS_BYTES (4u << 20)
bool execution_steps_many(struct db_conn *c, struct execution_steps *of, unsigned n, struct arena *a,
                          struct error *err);
/* Inserts steps; repeating it is harmless. */
bool execution_steps_add(struct db_conn *c, const struct execution_step *steps, unsigned n,
                         struct error *err);

#endif
