/* What the tests of src/http share: a transport without a web server, and requests on it.
 *
 * Ownership: fx_request makes one request that lives until the next fx_request or fx_done. */
#ifndef AGENTIV_TESTS_HTTP_FIXTURE_H
#define AGENTIV_TESTS_HTTP_FIXTURE_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <string.h>

#include "api/app.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"

struct fake_peer {
	const char *body;              /* what the client sends */
	size_t body_len, chunk, read;  /* chunk: most bytes of one read, 0 all */
	bool   fails;                  /* the peer breaks off behind the body */
	struct buf out;                /* what it was answered */
	unsigned finished;
};

extern struct fake_peer fx_peer;
extern struct app fx_app;
extern int64_t fx_now_ms;          /* the wall clock of these tests */

int fx_open(void);
int fx_close(void);
/* A request with these CGI variables, NULL-terminated; the peer has no body. */
struct request *fx_request(const char *const *env);
/* The same, of method and target alone. */
struct request *fx_simple(const char *method, const char *target);
/* What the peer sends as its body. */
void fx_body(const char *body, size_t n, size_t chunk);
void fx_done(void);

/* Looks at the answer. */
bool fx_has(const char *text);
bool fx_status(const char *line);        /* "404 Not Found" */
const char *fx_answer_body(void);

#endif
