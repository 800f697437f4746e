#include "smtp_fake.h"

#include <arpa/inet.h>
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_server.h"

static bool is_at(const struct smtp_fake *f, const char *at)
{
	return f->script.at && strcmp(f->script.at, at) == 0;
}

static bool put(struct smtp_fake *f, const char *text)
{
	size_t n = strlen(text);

	return n == 0 || (f->tls ? SSL_write(f->tls, text, (int)n) : send(f->peer, text, n, MSG_NOSIGNAL)) == (long)n;
}

/* false: the connection ends. */
static bool say(struct smtp_fake *f, const char *at, const char *usual)
{
	if (!is_at(f, at))
		return put(f, usual);
	return f->script.reply && put(f, f->script.reply);
}

/* A line without its end, which is kept. */
static bool hear(struct smtp_fake *f, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;

		if ((f->tls ? SSL_read(f->tls, &c, 1) : recv(f->peer, &c, 1, 0)) != 1)
			return false;
		if (c == '\n')
			break;
		if (c != '\r' && n < size - 1)
			line[n++] = c;
	}
	line[n] = '\0';
	f->len += (size_t)snprintf(f->said + f->len, sizeof f->said - f->len, "%s: %s\n", f->tls ? "tls" : "clear", line);
	return f->len < sizeof f->said;
}

static bool encrypt(struct smtp_fake *f)
{
	f->tls = SSL_new(f->context);
	SSL_set_fd(f->tls, f->peer);
	return SSL_accept(f->tls) > 0;
}

static bool greet(struct smtp_fake *f)
{
	char reply[256];

	snprintf(reply, sizeof reply, "250-fake at your service\r\n%s%s250 8BITMIME\r\n",
	         f->script.starttls && !f->tls ? "250-STARTTLS\r\n" : "",
	         f->script.auth && (f->tls || !f->script.starttls) ? "250-AUTH PLAIN LOGIN GSSAPI NTLM\r\n" : "");
	return say(f, "EHLO", reply);
}

static bool take_mail(struct smtp_fake *f)
{
	char line[2048];

	if (!say(f, "DATA", "354 Go on\r\n"))
		return false;
	if (is_at(f, "DATA"))
		return true;
	while (hear(f, line, sizeof line))
		if (strcmp(line, ".") == 0)
			return say(f, ".", "250 2.0.0 Taken as 4711\r\n");
	return false;
}

static bool start_tls(struct smtp_fake *f)
{
	return say(f, "STARTTLS", "220 Go on\r\n") && (is_at(f, "STARTTLS") || encrypt(f));
}

static bool log_in(struct smtp_fake *f)
{
	char line[2048];

	return put(f, "334 \r\n") && hear(f, line, sizeof line) && say(f, "AUTH", "235 2.7.0 Welcome\r\n");
}

static bool obey(struct smtp_fake *f, const char *line)
{
	static const struct { const char *word, *usual; } usual[] = {
		{"MAIL", "250 2.1.0 OK\r\n"}, {"RCPT", "250 2.1.5 OK\r\n"},
		{"NOOP", "250 2.0.0 Alive\r\n"}, {"QUIT", "221 2.0.0 Bye\r\n"}};
	unsigned i;

	if (strncmp(line, "EHLO", 4) == 0)
		return greet(f);
	if (strcmp(line, "STARTTLS") == 0)
		return start_tls(f);
	if (strcmp(line, "AUTH PLAIN") == 0)
		return log_in(f);
	if (strcmp(line, "DATA") == 0)
		return take_mail(f);
	for (i = 0; i < sizeof usual / sizeof *usual; i++)
		if (strncmp(line, usual[i].word, 4) == 0)
			return say(f, usual[i].word, usual[i].usual);
	return put(f, "500 5.5.1 What?\r\n");
}

static void *serve(void *fake)
{
	struct smtp_fake *f = fake;
	char line[2048];

	while ((f->peer = accept(f->fd, NULL, NULL)) >= 0) {
		f->tls = NULL;
		if ((!f->script.tls_first || encrypt(f)) && say(f, "greeting", "220 fake ESMTP\r\n"))
			while (hear(f, line, sizeof line) && obey(f, line))
				;
		SSL_free(f->tls);
		close(f->peer);
	}
	return NULL;
}

void smtp_fake_start(struct smtp_fake *f, const struct smtp_script *script)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;

	memset(f, 0, sizeof *f);
	f->script = *script;
	f->context = server_certificate(f->ca_file);
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(f->fd, (struct sockaddr *)&at, sizeof at), 0);
	CU_ASSERT_EQUAL_FATAL(listen(f->fd, 8), 0);
	getsockname(f->fd, (struct sockaddr *)&at, &size);
	f->port = ntohs(at.sin_port);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, serve, f), 0);
}

void smtp_fake_stop(struct smtp_fake *f)
{
	shutdown(f->fd, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->fd);
	SSL_CTX_free(f->context);
	unlink(f->ca_file);
}
