/* Structured log lines on stderr: one line per event, `ts=… level=… prog=…
 * msg="…" key=value …`, values quoted where needed. Never a secret. */
#ifndef AGENTIV_BASE_LOG_H
#define AGENTIV_BASE_LOG_H

#include <limits.h>
#include <stddef.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_open(const char *program);             /* name in every line; call once */
void log_set_level(enum log_level level);       /* default LOG_INFO */
/* From now on lines go to syslog: for a process whose stderr somebody waits for. Call before threads. */
void log_to_syslog(void);
bool log_level_by_name(const char *name, enum log_level *out);

/* fmt continues the line after msg: log_write(LOG_INFO, "claimed", "runs=%u lane=%d", n, lane).
 * Values that may hold spaces or quotes go through log_quote first. */
void log_write(enum log_level level, const char *msg, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* For a thread that is about to write many lines: keeps them back and writes them together, PIPE_BUF bytes at a time, so
 * that lines of several processes do not mix in a pipe either. batch is the caller's until log_flush. */
struct log_batch { size_t n; char text[PIPE_BUF]; };
void log_hold(struct log_batch *batch);
void log_flush(void);                           /* writes what is held; lines go out at once again */

/* One error as one line: msg, code, message and db_errno. */
void log_error(const char *msg, const struct error *err);

/* Quotes s for a log line into out (control characters escaped, cut to size). Returns out. */
const char *log_quote(const char *s, char *out, unsigned size);

#endif
