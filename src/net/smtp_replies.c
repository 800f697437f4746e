/* What client and server say to each other: how far a call has come, and what its end means. */
#include "net/smtp_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"

#define LEAST_SECRET 4      /* bytes; a shorter password would be found in every other word */

static const struct { const char *word; enum smtp_stage stage; } commands[] = {
	{"EHLO ", STAGE_EHLO}, {"HELO ", STAGE_EHLO}, {"STARTTLS\r\n", STAGE_STARTTLS}, {"AUTH ", STAGE_AUTH},
	{"MAIL FROM:", STAGE_MAIL}, {"RCPT TO:", STAGE_RCPT}, {"DATA\r\n", STAGE_DATA}, {"NOOP\r\n", STAGE_NOOP}};
static const char quit[] = "QUIT\r\n";

/* Its sockets: while names have addresses of both families, there are two until one is connected. */

static int on_opened(void *sockets, curl_socket_t fd, curlsocktype purpose)
{
	struct smtp_sockets *s = sockets;

	if (s->count == SMTP_SOCKETS)
		return CURL_SOCKOPT_ERROR;
	s->fds[s->count++] = fd;
	return CURL_SOCKOPT_OK;
}

static int on_close(void *sockets, curl_socket_t fd)
{
	struct smtp_sockets *s = sockets;
	unsigned i;

	for (i = 0; i < s->count; i++)
		if (s->fds[i] == fd)
			s->fds[i] = s->fds[--s->count];
	if (s->call_over && s->count == 0)
		mem_free(s);
	return close(fd);
}

void smtp_leave_sockets(struct smtp_transfer *t)
{
	t->sockets->call_over = true;
	if (t->sockets->count == 0)
		mem_free(t->sockets);
	t->sockets = NULL;
}

/* curl waits for the answer to its QUIT, and all of the loop with it. Nobody needs that answer: nothing more is read. */
static void stop_listening(struct smtp_transfer *t)
{
	unsigned i;

	t->over_and_out = true;
	for (i = 0; i < t->sockets->count; i++)
		shutdown(t->sockets->fds[i], SHUT_RD);
}

/* Commands as they go out; what stands behind a word, a password too, is not looked at. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t n, void *transfer)
{
	struct smtp_transfer *t = transfer;
	unsigned i;

	if (type != CURLINFO_HEADER_OUT)
		return 0;
	if (n == strlen(quit) && memcmp(data, quit, n) == 0)
		stop_listening(t);
	for (i = 0; i < sizeof commands / sizeof *commands; i++) {
		size_t len = strlen(commands[i].word);

		if (n >= len && memcmp(data, commands[i].word, len) == 0)
			t->stage = commands[i].stage;
	}
	return 0;
}

static void keep_line(struct smtp_transfer *t, const char *line, size_t n)
{
	size_t len;

	if (t->over)
		t->text[0] = '\0';
	t->over = line[3] != '-';
	len = strlen(t->text);
	for (line += n > 3 ? 4 : 3, n -= n > 3 ? 4 : 3; n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n'); n--)
		;
	if (len > 0 && len < sizeof t->text - 1)
		t->text[len++] = ' ';
	snprintf(t->text + len, sizeof t->text - len, "%.*s", (int)n, line);
}

/* A server to which the login goes, or by which it would be known that there is none. */
static bool login_is_missing(const struct smtp_transfer *t)
{
	const struct smtp_client *c = t->client;

	return c->user && t->stage == STAGE_EHLO && t->status / 100 == 2 && (t->encrypted || c->tls == SMTP_TLS_NONE) &&
	       !t->offers_login;
}

/* Each line of each reply. */
static size_t on_reply(char *line, size_t size, size_t n, void *transfer)
{
	struct smtp_transfer *t = transfer;
	char code[4] = "";

	if (t->over_and_out || n < 3)
		return n;
	memcpy(code, line, 3);
	if (t->over && t->stage == STAGE_EHLO)
		t->offers_login = false;
	keep_line(t, line, n);
	t->status = atoi(code);
	if (t->stage == STAGE_EHLO && n > 8 && (strncasecmp(line + 4, "AUTH ", 5) == 0 || strncasecmp(line + 4, "AUTH=", 5) == 0))
		t->offers_login = true;
	if (t->stage == STAGE_STARTTLS && t->status == 220)
		t->encrypted = true;
	if (!t->over || !login_is_missing(t))
		return n;
	t->no_login = true;
	return 0;
}

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(t->transfer.easy, option, value)) : code)

CURLcode smtp_listen(struct smtp_transfer *t)
{
	CURLcode code = CURLE_OK;

	t->over = true;
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, on_debug);
	SET(CURLOPT_DEBUGDATA, t);
	SET(CURLOPT_HEADERFUNCTION, on_reply);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_SOCKOPTFUNCTION, on_opened);
	SET(CURLOPT_SOCKOPTDATA, t->sockets);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, t->sockets);
	return code;
}

static bool holds(const char *text, const char *secret)
{
	return strlen(secret) >= LEAST_SECRET && strstr(text, secret);
}

/* A server that quotes what it was told may quote the login. */
static bool tells_login(const struct smtp_transfer *t)
{
	const char *user = t->client->user, *password = t->client->password;
	size_t u = user ? strlen(user) : 0, p = user ? strlen(password) : 0;
	char *plain, *encoded;
	bool tells;

	if (!user)
		return false;
	plain = mem_alloc(u + p + 2);
	encoded = mem_alloc(4 * ((u + p + 4) / 3) + 1);
	plain[0] = plain[u + 1] = '\0';
	memcpy(plain + 1, user, u);
	memcpy(plain + u + 2, password, p);
	crypto_base64(plain, u + p + 2, encoded);
	tells = holds(t->text, encoded);
	crypto_base64(password, p, encoded);
	tells |= holds(t->text, encoded) || holds(t->text, password);
	mem_wipe(plain, u + p + 2);
	mem_wipe(encoded, strlen(encoded));
	mem_free(plain);
	mem_free(encoded);
	return tells;
}

static void one_line(char *text)
{
	bool valid = json_utf8_valid(text, strlen(text));

	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || (!valid && (unsigned char)*text >= 0x80))
			*text = '?';
}

static const char *const refused[] = {
	[STAGE_CONNECT] = "The mail server takes no mail", [STAGE_EHLO] = "The mail server refuses the greeting",
	[STAGE_STARTTLS] = "The mail server refuses STARTTLS", [STAGE_AUTH] = "The mail server refuses the login",
	[STAGE_MAIL] = "The mail server refuses the sender", [STAGE_RCPT] = "The mail server refuses the recipient",
	[STAGE_DATA] = "The mail server refuses the mail", [STAGE_NOOP] = "The mail server refuses NOOP"};

static void explain(const struct smtp_transfer *t, CURLcode code, int64_t duration_us, char *out)
{
	bool late = code == CURLE_OPERATION_TIMEDOUT && duration_us / 1000 >= t->call->timeout_ms;
	size_t size = SMTP_ANSWER_SIZE;

	if (t->no_login)
		snprintf(out, size, "The mail server offers no login%s, and [mail] user is set",
		         t->encrypted ? "" : " without TLS");
	else if (code == CURLE_USE_SSL_FAILED && t->stage <= STAGE_EHLO)
		snprintf(out, size, "The mail server offers no STARTTLS, and [mail] tls is required");
	else if (late && t->stage == STAGE_CONNECT && t->status == 0)
		snprintf(out, size, "The mail server has not greeted within %g s", (double)t->call->timeout_ms / 1000);
	else if (late)
		snprintf(out, size, "The mail server has not answered within %g s", (double)t->call->timeout_ms / 1000);
	else
		snprintf(out, size, "%s", t->curl_error[0] ? t->curl_error : curl_easy_strerror(code));
}

void smtp_judge(const struct smtp_transfer *t, CURLcode code, struct smtp_answer *answer, char text[SMTP_ANSWER_SIZE])
{
	bool replied = t->over && (t->stage == STAGE_RCPT || t->stage == STAGE_DATA);

	*answer = (struct smtp_answer){.verdict = SMTP_LATER, .duration_us = clock_mono_us() - t->transfer.started_us,
	                               .text = text, .encrypted = t->encrypted};
	if (code == CURLE_OK) {
		answer->verdict = SMTP_DONE;
		answer->status = t->status;
		answer->about_mail = true;
		snprintf(text, SMTP_ANSWER_SIZE, "%s", t->text);
	} else if (t->status >= 400 && t->over && !t->no_login) {
		answer->verdict = replied && t->status >= 500 ? SMTP_NEVER : SMTP_LATER;
		answer->about_mail = replied;
		answer->status = t->status;
		snprintf(text, SMTP_ANSWER_SIZE, "%s: %d %s", refused[t->stage], t->status, tells_login(t) ? "" : t->text);
	} else {
		explain(t, code, answer->duration_us, text);
	}
	one_line(text);
}
