/* Errors are values: a function that can fail returns false and fills the
 * struct error its caller passed. One function turns an error into a response
 * (http/response.c), one into a log line (log_error).
 *
 * Ownership: struct error holds no pointers to free. */
#ifndef AGENTIV_BASE_ERR_H
#define AGENTIV_BASE_ERR_H

#include <stdbool.h>

enum err_code {
	ERR_NONE,
	/* codes of the API; the table in err.c holds name and HTTP status */
	ERR_UNAUTHORIZED,
	ERR_FORBIDDEN,
	ERR_NOT_FOUND,
	ERR_RATE_LIMITED,
	ERR_INVALID_INPUT,
	ERR_INTEGRATION_NOT_CONNECTED,
	ERR_EXECUTION_FAILED,
	ERR_METHOD_NOT_ALLOWED,
	ERR_CONFLICT,
	ERR_PAYLOAD_TOO_LARGE,
	ERR_UNAVAILABLE,
	ERR_INTERNAL,
	/* codes that occur only inside an execution */
	ERR_CANCELLED,
	ERR_TIMEOUT,
	ERR_WORKER_LOST,
	ERR_OUTPUT_TOO_LARGE,
	ERR__MAX
};

struct error {
	enum err_code code;
	bool          retryable;         /* a later attempt may succeed */
	bool          disconnected;      /* an integration has refused its grant or login for good */
	bool          outcome_unknown;   /* a write may or may not have been applied (db) */
	int           db_errno;          /* the database's error number, 0 when none */
	int           retry_after;       /* seconds, 0 when unknown */
	const char   *limit;             /* the figure that was reached: a literal such as "runs_per_day"; NULL none */
	long long     limit_max;         /* … and how much it is */
	long long     resets_ms;         /* … and when it counts from 0 again; 0: it does not */
	char          field[128];        /* path of the offending input member, "" when none */
	char          integration[64];   /* integrationSlug, "" when none */
	char          execution_id[32];  /* "exec_…", "" when none */
	char          message[384];      /* one line for a person; never a secret */
};

/* Fills err (may be NULL) and returns false, so that `return err_set(...)` reads well. */
bool err_set(struct error *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with the input member at fault, as a path ("input_payload.max_emails"). */
bool err_field(struct error *err, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a limit that was reached: ERR_RATE_LIMITED. */
bool err_limit(struct error *err, const char *limit, long long max, long long resets_ms, int retry_after,
               const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* The code's name in the API ("NOT_FOUND"). */
const char *err_name(enum err_code code);

/* What a caller may read of an error: what the database or the system said is for the log. */
const char *err_public_message(const struct error *err);

/* The HTTP status of a code; codes that occur only inside an execution give 500. */
int err_http_status(enum err_code code);

/* The code with this name, ERR_NONE if there is none. */
enum err_code err_by_name(const char *name);

/* A broken invariant: logs file, line and text, then aborts the process.
 * Never for bad input or a lost server. */
#define INVARIANT(cond, text) \
	do { if (!(cond)) err_broken(__FILE__, __LINE__, (text)); } while (0)
void err_broken(const char *file, int line, const char *text) __attribute__((noreturn));

#endif
