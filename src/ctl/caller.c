/* The server that is asked: which one, with which key, and the waiting for it. */
#include "ctl/caller.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "config.h"
#include "ctl/progress.h"

#define CONNECTIONS   8
#define KEY_MAX       512
#define OWN_KEY_CHARS 24
#define PROGRESS_MS   250

static volatile sig_atomic_t got_signal;
static sigset_t unblocked;             /* while transfers are waited for */

static void on_signal(int number)
{
	got_signal = number;
}

void caller_catch_interrupts(struct ctl *c)
{
	struct sigaction act = {.sa_handler = on_signal};
	sigset_t both;

	sigemptyset(&act.sa_mask);
	sigemptyset(&both);
	sigaddset(&both, SIGINT);
	sigaddset(&both, SIGTERM);
	/* they come while nothing else is done, and to this thread */
	pthread_sigmask(SIG_BLOCK, &both, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
}

bool caller_turn(struct ctl *c, int64_t at_most_ms)
{
	struct caller *k = c->caller;
	struct pollfd fd = {.fd = transfers_fd(k->transfers), .events = POLLIN};
	int64_t due = transfers_due(k->transfers), wait_us = at_most_ms < PROGRESS_MS ? at_most_ms * 1000 : PROGRESS_MS * 1000;
	int64_t left = due == INT64_MAX ? wait_us : due - clock_mono_us();
	struct timespec ts = {0, 0};

	if (left < wait_us)
		wait_us = left > 0 ? left : 0;
	ts.tv_nsec = (long)(wait_us % 1000000) * 1000;
	ts.tv_sec = wait_us / 1000000;
	progress_turn(k->progress);
	ppoll(&fd, 1, &ts, &unblocked);
	transfers_run(k->transfers);
	k->interrupted |= got_signal != 0;
	return !k->interrupted;
}

bool caller_pause(struct ctl *c, int64_t ms)
{
	int64_t until = clock_mono_us() + ms * 1000, left;

	while ((left = until - clock_mono_us()) > 0)
		if (!caller_turn(c, left / 1000 + 1))
			return false;
	return !c->caller->interrupted;
}

/* ---- which server, which key ---- */

/* A common slip: of all URLs that the documents name, only the server's own is meant. */
static bool ends_with_a_path_of_ours(const char *base)
{
	const char *last = strrchr(base, '/');

	return strcmp(last, "/api") == 0 || strcmp(last, "/mcp") == 0;
}

static bool find_url(struct ctl *c)
{
	const char *url = ctl_text(c, "url"), *field = url ? "--url" : "AGENTIV_BASE_URL";
	size_t n;

	if (!url)
		url = getenv("AGENTIV_BASE_URL");
	if (!url || !*url)
		return err_field(&c->err, "url", "No server is named: set AGENTIV_BASE_URL or give --url, as in"
		                 " https://agentiv.example.com");
	if (!http_exchange_check_base(url, field, &c->err))
		return false;
	for (n = strlen(url); n > 0 && url[n - 1] == '/'; )
		n--;
	c->caller->base = arena_strndup(&c->arena, url, n);
	return !ends_with_a_path_of_ours(c->caller->base) ||
	       err_field(&c->err, field, "%s is the server's URL, without /api or /mcp at its end, not %s", field, c->caller->base);
}

/* A key is looked at only so far that it can be a header. */
static bool set_key(struct ctl *c, const char *key, const char *whose)
{
	const char *p;

	for (p = key; *p > ' ' && *p < 0x7f; p++)
		;
	if (*p || p == key || p - key > KEY_MAX)
		return err_set(&c->err, ERR_INVALID_INPUT, "What %s holds is no API key: one looks like agv_live_…", whose);
	c->caller->authorization = arena_printf(&c->arena, "Authorization: Bearer %s", key);
	return true;
}

static bool find_key(struct ctl *c)
{
	const char *key = getenv("AGENTIV_API_KEY");
	char *of_file;
	bool ok;

	if (ctl_given(c, "key-file")) {
		ok = ctl_read_secret(c, "key-file", &of_file) && set_key(c, of_file, ctl_text(c, "key-file"));
		mem_wipe(of_file, CTL_SECRET_MAX);
		return ok;
	}
	if (!key || !*key)
		return err_field(&c->err, "key-file", "No API key is given: set AGENTIV_API_KEY, or name a file that holds one with"
		                 " --key-file");
	return set_key(c, key, "AGENTIV_API_KEY");
}

static bool check_ca_file(struct ctl *c)
{
	const char *file = ctl_text(c, "ca-file");

	return !file || outbound_check_ca_file(file, &c->err);
}

bool caller_open(struct ctl *c)
{
	struct exchange_options options = {.user_agent = "agentivctl/" PACKAGE_VERSION, .environments_proxy = true};
	struct caller *k = c->caller = arena_alloc(&c->arena, sizeof *k);

	sigprocmask(SIG_SETMASK, NULL, &unblocked);
	k->progress = progress_new(&c->arena);
	k->timeout_given = ctl_given(c, "timeout");
	k->timeout_ms = ctl_number(c, "timeout", CALLER_TIMEOUT_S) * 1000;
	if (!find_url(c) || !find_key(c) || !check_ca_file(c))
		return false;
	k->transfers = transfers_new(CONNECTIONS, &c->err);
	if (!k->transfers)
		return false;
	options.ca_file = ctl_text(c, "ca-file");
	k->http = http_exchanger_new(k->transfers, &options);
	return true;
}

void caller_close(struct caller *k)
{
	if (!k)
		return;
	if (k->transfers)
		transfers_abort(k->transfers);
	http_exchanger_free(k->http);
	transfers_free(k->transfers);
	if (k->authorization)
		mem_wipe(k->authorization, strlen(k->authorization));
}

/* ---- what a request is made of ---- */

const char *caller_new_key(struct arena *a)
{
	char text[OWN_KEY_CHARS + 1];

	crypto_base62_make(text, OWN_KEY_CHARS);
	return arena_printf(a, "agentivctl-%s", text);
}

bool caller_path(struct ctl *c, struct buf *path, const char *before, const char *option, const char *after)
{
	const char *word = ctl_text(c, option);
	size_t i;

	for (i = 0; word[i]; i++)
		if (!strchr("-_", word[i]) && !(word[i] >= '0' && word[i] <= '9') && !(word[i] >= 'a' && word[i] <= 'z') &&
		    !(word[i] >= 'A' && word[i] <= 'Z')) {
			c->status = CTL_USAGE;
			return err_field(&c->err, option, "%s \"%.60s\" holds more than letters, digits, - and _",
			                 strcmp(option, "id") == 0 ? "The id" : "The slug", word);
		}
	return buf_addf(path, "%s%s%s", before, word, after);
}

void caller_query(struct buf *path, const char *name, const char *value)
{
	if (!value)
		return;
	buf_addf(path, "%c%s=", memchr(path->data, '?', path->len) ? '&' : '?', name);
	for (; *value; value++) {
		uint8_t b = (uint8_t)*value;

		if ((b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || strchr("-._~", b))
			buf_addc(path, *value);
		else
			buf_addf(path, "%%%02X", b);
	}
}

void caller_query_time(struct buf *path, const char *name, const int64_t *ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (!ms)
		return;
	clock_format(*ms, text);
	caller_query(path, name, text);
}
