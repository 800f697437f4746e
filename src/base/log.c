/* Log lines: put together on the stack, written whole, so that lines of several threads and
 * processes never mix. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_syslog.h"

#define LINE_MAX_BYTES 2048
_Static_assert(LINE_MAX_BYTES < PIPE_BUF, "a line fits a batch");

static const char *const names[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

static _Atomic int threshold = LOG_INFO;
static char program[32] = "agentiv";
static bool syslogging;
static _Thread_local struct log_batch *held;

void log_open(const char *name)
{
	snprintf(program, sizeof program, "%s", name);
}

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

void log_to_syslog(void)
{
	log_syslog_open(program);
	syslogging = true;
}

bool log_level_by_name(const char *name, enum log_level *out)
{
	unsigned i;

	for (i = 0; name && i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

static char *put(char *p, const char *end, const char *s)
{
	size_t n = strlen(s), room = (size_t)(end - p);

	n = n < room ? n : room;
	memcpy(p, s, n);
	return p + n;
}

/* "2025-01-15T06:00:00.123Z": clock_format's seconds and the milliseconds. */
static char *put_time(char *p, const char *end)
{
	int64_t now = clock_now_ms();
	char text[CLOCK_TEXT_SIZE + 4];
	unsigned ms = (unsigned)((now % 1000 + 1000) % 1000);
	char *z;

	clock_format(now, text);
	z = text + strlen(text) - 1;
	z[0] = '.';
	z[1] = (char)('0' + ms / 100);
	z[2] = (char)('0' + ms / 10 % 10);
	z[3] = (char)('0' + ms % 10);
	z[4] = 'Z';
	z[5] = '\0';
	return put(p, end, text);
}

/* What stderr does not take is lost: there is nowhere to say so. */
static void write_out(const char *text, size_t n)
{
	while (write(STDERR_FILENO, text, n) < 0 && errno == EINTR)
		;
}

static void write_held(void)
{
	if (!held)
		return;
	if (held->n > 0)
		write_out(held->text, held->n);
	held->n = 0;
}

void log_hold(struct log_batch *batch)
{
	write_held();
	held = batch;
	held->n = 0;
}

void log_flush(void)
{
	write_held();
	held = NULL;
}

static void emit(enum log_level level, char *line, size_t n)
{
	if (syslogging) {
		line[n] = '\0';
		log_syslog_line(level, line);
		return;
	}
	line[n++] = '\n';
	/* an error's line may be the last that the process writes */
	if (!held || level == LOG_ERROR) {
		write_held();
		write_out(line, n);
		return;
	}
	if (n > sizeof held->text - held->n)
		write_held();
	memcpy(held->text + held->n, line, n);
	held->n += n;
}

void log_write(enum log_level level, const char *msg, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES], *p = line, *end = line + sizeof line - 1, *values;
	va_list ap;
	int n;

	if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	p = put(p, end, "ts=");
	p = put_time(p, end);
	p = put(p, end, " level=");
	p = put(p, end, names[level]);
	p = put(p, end, " prog=");
	p = put(p, end, program);
	p = put(p, end, " msg=\"");
	p = put(p, end, msg);
	p = put(p, end, "\"");
	if (fmt && *fmt) {
		p = put(p, end, " ");
		values = p;
		va_start(ap, fmt);
		n = vsnprintf(p, (size_t)(end - p) + 1, fmt, ap);
		va_end(ap);
		p = n < 0 ? p : n > end - p ? end : p + n;
		/* one event is one line, whatever a value holds */
		for (; values < p; values++)
			if ((unsigned char)*values < ' ' || *values == 0x7f)
				*values = '?';
	}
	emit(level, line, (size_t)(p - line));
}

void log_error(const char *msg, const struct error *err)
{
	char message[512], field[192];

	if (err->field[0])
		log_write(LOG_ERROR, msg, "code=%s field=%s message=%s db_errno=%d",
		          err_name(err->code), log_quote(err->field, field, sizeof field),
		          log_quote(err->message, message, sizeof message), err->db_errno);
	else
		log_write(LOG_ERROR, msg, "code=%s message=%s db_errno=%d", err_name(err->code),
		          log_quote(err->message, message, sizeof message), err->db_errno);
}

static bool is_plain(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p; p++)
		if (*p <= ' ' || *p == '"' || *p == '\\' || *p == '=' || *p >= 0x7f)
			return false;
	return *s != '\0';
}

/* How c is written inside quotes; returns its length. */
static unsigned escaped(unsigned char c, char out[4])
{
	static const char hex[] = "0123456789abcdef";

	if (c == '"' || c == '\\' || c == '\n' || c == '\t' || c == '\r') {
		out[0] = '\\';
		out[1] = c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : (char)c;
		return 2;
	}
	if (c < ' ' || c == 0x7f) {
		memcpy(out, "\\x", 2);
		out[2] = hex[c >> 4];
		out[3] = hex[c & 15];
		return 4;
	}
	out[0] = (char)c;
	return 1;
}

const char *log_quote(const char *s, char *out, unsigned size)
{
	unsigned n = 0, k;
	char e[4];

	if (size < 3) {
		if (size)
			*out = '\0';
		return out;
	}
	s = s ? s : "";
	if (is_plain(s) && strlen(s) < size)
		return memcpy(out, s, strlen(s) + 1);
	out[n++] = '"';
	for (; *s; s++) {
		k = escaped((unsigned char)*s, e);
		if (n + k + 2 > size)
			break;
		memcpy(out + n, e, k);
		n += k;
	}
	/* cut between characters (UTF-8 continuation bytes are 10xxxxxx) */
	if (*s && ((unsigned char)*s & 0xc0) == 0x80) {
		while (n > 1 && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
			n--;
		if (n > 1)
			n--;
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}
