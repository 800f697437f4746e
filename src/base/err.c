/* Errors as values: one table of names and statuses, and the way a broken invariant ends. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static const struct {
	const char *name;
	int status;
} codes[ERR__MAX] = {
	[ERR_NONE]                      = {"NONE", 200},
	[ERR_UNAUTHORIZED]              = {"UNAUTHORIZED", 401},
	[ERR_FORBIDDEN]                 = {"FORBIDDEN", 403},
	[ERR_NOT_FOUND]                 = {"NOT_FOUND", 404},
	[ERR_RATE_LIMITED]              = {"RATE_LIMITED", 429},
	[ERR_INVALID_INPUT]             = {"INVALID_INPUT", 400},
	[ERR_INTEGRATION_NOT_CONNECTED] = {"INTEGRATION_NOT_CONNECTED", 400},
	[ERR_EXECUTION_FAILED]          = {"EXECUTION_FAILED", 500},
	[ERR_METHOD_NOT_ALLOWED]        = {"METHOD_NOT_ALLOWED", 405},
	[ERR_CONFLICT]                  = {"CONFLICT", 409},
	[ERR_PAYLOAD_TOO_LARGE]         = {"PAYLOAD_TOO_LARGE", 413},
	[ERR_UNAVAILABLE]               = {"UNAVAILABLE", 503},
	[ERR_INTERNAL]                  = {"INTERNAL", 500},
	[ERR_CANCELLED]                 = {"CANCELLED", 500},
	[ERR_TIMEOUT]                   = {"TIMEOUT", 500},
	[ERR_WORKER_LOST]               = {"WORKER_LOST", 500},
	[ERR_OUTPUT_TOO_LARGE]          = {"OUTPUT_TOO_LARGE", 500},
};

/* A text that was cut must not end inside a UTF-8 sequence: it goes into JSON. */
static void trim_cut_character(char *text, size_t len)
{
	size_t i = len, need;

	while (i > 0 && len - i < 3 && ((unsigned char)text[i - 1] & 0xc0) == 0x80)
		i--;
	if (i == 0 || (unsigned char)text[i - 1] < 0xc0)
		return;
	i--;
	need = (unsigned char)text[i] >= 0xf0 ? 4 : (unsigned char)text[i] >= 0xe0 ? 3 : 2;
	if (len - i < need)
		text[i] = '\0';
}

/* Arguments may point into *err, so the text is made before anything is overwritten. */
__attribute__((format(printf, 4, 0)))
static void fill(struct error *err, enum err_code code, const char *field, const char *fmt,
                 va_list ap)
{
	struct error e = {.code = code};
	int n;

	n = vsnprintf(e.message, sizeof e.message, fmt, ap);
	if (n >= (int)sizeof e.message)
		trim_cut_character(e.message, sizeof e.message - 1);
	n = snprintf(e.field, sizeof e.field, "%s", field);
	if (n >= (int)sizeof e.field)
		trim_cut_character(e.field, sizeof e.field - 1);
	*err = e;
}

bool err_set(struct error *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		fill(err, code, "", fmt, ap);
		va_end(ap);
	}
	return false;
}

bool err_field(struct error *err, const char *field, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		fill(err, ERR_INVALID_INPUT, field ? field : "", fmt, ap);
		va_end(ap);
	}
	return false;
}

bool err_limit(struct error *err, const char *limit, long long max, long long resets_ms, int retry_after,
               const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		fill(err, ERR_RATE_LIMITED, "", fmt, ap);
		va_end(ap);
		err->limit = limit;
		err->limit_max = max;
		err->resets_ms = resets_ms;
		err->retry_after = retry_after;
	}
	return false;
}

const char *err_name(enum err_code code)
{
	INVARIANT((unsigned)code < ERR__MAX, "unknown error code");
	return codes[code].name;
}

int err_http_status(enum err_code code)
{
	INVARIANT((unsigned)code < ERR__MAX, "unknown error code");
	return codes[code].status;
}

enum err_code err_by_name(const char *name)
{
	unsigned i;

	for (i = ERR_NONE + 1; name && i < ERR__MAX; i++)
		if (strcmp(codes[i].name, name) == 0)
			return (enum err_code)i;
	return ERR_NONE;
}

void err_broken(const char *file, int line, const char *text)
{
	char quoted[256];

	log_write(LOG_ERROR, "broken invariant", "at=%s:%d what=%s", file, line,
	          log_quote(text, quoted, sizeof quoted));
	abort();
}

const char *err_public_message(const struct error *err)
{
	if (err->code == ERR_INTERNAL)
		return "Something went wrong on our side";
	if (err->code == ERR_UNAVAILABLE && err->db_errno)
		return "The database is away for the moment; try again";
	return err->message;
}
