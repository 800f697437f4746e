/* What the commands for callers share: a server that is asked over HTTP with an API key, and what it answers. They open
 * no configuration and no database. What a server says is not trusted: it is bounded, and no control character of it
 * reaches the terminal.
 *
 * Ownership: the caller is the call's (struct ctl) and is closed with it; a reply is released by who asked, whatever the
 * asking returned. */
#ifndef AGENTIV_CTL_CALLER_H
#define AGENTIV_CTL_CALLER_H

#include "ctl/ctl.h"
#include "ctl/table.h"
#include "net/http_exchange.h"
#include "net/outbound.h"

#define CALLER_TIMEOUT_S  60       /* of a request, where --timeout does not say */
#define CALLER_ANSWER_MAX (32u << 20)
#define CALLER_JSON_DEPTH (2 * JSON_DEPTH_MAX)
#define CALLER_PATIENCE_S 60       /* who is told to come back later than that is told so at once */

struct caller {
	char *base;                    /* the URL, without / at its end */
	char *authorization;           /* the header, a secret */
	int64_t timeout_ms;
	bool timeout_given;
	struct transfers *transfers;
	struct http_exchanger *http;
	struct progress *progress;
	bool interrupted;              /* by Ctrl-C, where caller_catch_interrupts was called */
};

bool caller_open(struct ctl *c);
void caller_close(struct caller *k);

/* From now on Ctrl-C ends a wait instead of the process. */
void caller_catch_interrupts(struct ctl *c);
/* Lets transfers go on, for at most so many milliseconds. false: interrupted. */
bool caller_turn(struct ctl *c, int64_t at_most_ms);
/* Waits. false: interrupted. */
bool caller_pause(struct ctl *c, int64_t ms);

/* ---- asking ---- */

struct question {
	const char *method, *path;     /* behind the base, with its query */
	const char *body;              /* JSON, or NULL */
	size_t      body_len;
	const char *idempotency_key;   /* of a POST that makes something; stays the same over repeats */
	int64_t     timeout_ms;        /* 0: the caller's */
	bool        once;              /* not again, whatever the answer */
};

struct reply {
	int status;
	unsigned attempts;             /* how often it was asked */
	struct buf body;
	struct json_object *root, *data;   /* data: a member of root, borrowed; NULL for null */
	const char *raw;               /* data as text, within body */
	size_t raw_len;
};

/* Asks, and asks again where that may help: no answer, 429, 503, 500 INTERNAL. true: the API's answer of success. false:
 * c->err is the API's error, or says that there was no answer of it. */
bool caller_ask(struct ctl *c, const struct question *q, struct reply *out);
bool caller_get(struct ctl *c, const char *path, struct reply *out);
void reply_release(struct reply *r);

/* Before attempt n (from 1 on) is repeated, in milliseconds; the server's word (seconds, 0 none) counts where it has one. */
int64_t caller_backoff_ms(unsigned n, int64_t retry_after_s);

/* Whether the answer with this status and content is the API's success; fills out. Else c->err. */
bool caller_read_reply(struct ctl *c, const struct http_exchange *x, struct reply *out);

/* An idempotency key for what is made once: random, in the arena. */
const char *caller_new_key(struct arena *a);

/* Paths: words that need no quoting, checked (a mistake of usage); queries are quoted. */
bool caller_path(struct ctl *c, struct buf *path, const char *before, const char *option, const char *after);
void caller_query(struct buf *path, const char *name, const char *value);       /* NULL: nothing */
void caller_query_time(struct buf *path, const char *name, const int64_t *ms);  /* NULL: nothing */

/* The rows of a list, over as many pages as it takes, as one array: at most limit. path without limit and cursor. The
 * caller puts *rows. */
bool caller_list(struct ctl *c, const char *path, unsigned limit, struct json_object **rows);

/* ---- input ---- */

/* The object that --input gives, all of them together: the caller puts *out. */
bool caller_input(struct ctl *c, const char *option, struct json_object **out);

/* ---- following a run ---- */

/* Until it has ended; its steps are printed as they come, unless JSON is wanted. An interruption is an error, too. */
bool caller_follow(struct ctl *c, const char *execution_id);
/* How to go on after an interruption; returns false. id NULL: not known. */
bool caller_interrupted(struct ctl *c, const char *id, const char *slug, const char *idempotency_key);

/* ---- showing ---- */

enum member_kind { AS_TEXT, AS_STATUS, AS_LIST };
/* path: "a" or "a.b". */
struct member { const char *head, *path; enum member_kind kind; };

/* A value as text for people, printable, "-" where it is null; and that of a member, also where it is not there. */
const char *show_text(struct ctl *c, struct json_object *value);
const char *show_member(struct ctl *c, struct json_object *o, const struct member *m);
/* Rows under heads; and one object, a line for each member that is known. members end with a NULL head. */
void show_rows(struct ctl *c, const struct member *members, struct json_object *rows, const char *none);
void show_facts(struct ctl *c, const struct member *members, struct json_object *o);
/* The value indented, behind an empty line; nothing where it is null. */
void show_value(struct ctl *c, struct json_object *value);
/* A reply's data as it is: JSON. */
void show_raw(struct ctl *c, const struct reply *r);
/* A run as the API tells of it: accepted, its result, or the execution. */
void show_run(struct ctl *c, struct json_object *run);
/* Its error, where it has failed: becomes c->err, and false is returned. */
bool caller_run_succeeded(struct ctl *c, struct json_object *run);

#endif
