#include "net_server.h"

#include <arpa/inet.h>
#include <CUnit/CUnit.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define POLL_MS         10

struct peer { struct net_server *server; int fd; SSL *tls; pthread_t thread; };

static pthread_t acceptor;
static struct peer peers[CONNECTIONS_MAX];
static unsigned peer_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hang_over;

static bool is_stopping(struct net_server *s)
{
	bool yes;

	pthread_mutex_lock(&lock);
	yes = s->stopping;
	pthread_mutex_unlock(&lock);
	return yes;
}

/* Waits for something to read; false when the server stops. */
static bool readable(struct peer *p)
{
	struct pollfd fd = {.fd = p->fd, .events = POLLIN};

	while (!is_stopping(p->server))
		if ((p->tls && SSL_pending(p->tls) > 0) || poll(&fd, 1, POLL_MS) > 0)
			return true;
	return false;
}

static long receive(struct peer *p, char *out, size_t n)
{
	if (!readable(p))
		return -1;
	return p->tls ? SSL_read(p->tls, out, (int)n) : recv(p->fd, out, n, 0);
}

static bool say(struct peer *p, const char *text)
{
	size_t n = strlen(text);

	return (p->tls ? SSL_write(p->tls, text, (int)n) : send(p->fd, text, n, MSG_NOSIGNAL)) == (long)n;
}

/* Reads one request; false at the end of the connection. */
static bool read_request(struct peer *p, char *text, size_t size)
{
	size_t have = 0, need = 0;
	char *end, *length;

	for (;;) {
		long n;

		text[have] = '\0';
		end = strstr(text, "\r\n\r\n");
		if (end) {
			length = strcasestr(text, "\r\nContent-Length:");
			need = (size_t)(end + 4 - text) + (length ? strtoul(length + 17, NULL, 10) : 0);
			if (have >= need)
				return true;
		}
		if (have == size - 1 || (n = receive(p, text + have, size - 1 - have)) <= 0)
			return false;
		have += (size_t)n;
	}
}

/* Until the peer is gone or the server stops. */
static void wait_for_the_end(struct peer *p)
{
	char byte;

	while (receive(p, &byte, 1) > 0)
		;
}

static void say_for_ever(struct peer *p, const char *text)
{
	while (!is_stopping(p->server) && say(p, text))
		;
}

/* Each gets what follows its path's beginning; false: the connection ends. */

static bool answer_ok(struct peer *p, const char *rest)
{
	return say(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static bool answer_redirect(struct peer *p, const char *rest)
{
	return say(p, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
}

static bool answer_status(struct peer *p, const char *rest)
{
	char reply[128];

	snprintf(reply, sizeof reply, "HTTP/1.1 %.3s X\r\nContent-Length: 10\r\n\r\nstatus %.3s", rest, rest);
	return say(p, reply);
}

static bool answer_after(struct peer *p, const char *rest)
{
	char reply[256], *c;

	snprintf(reply, sizeof reply, "HTTP/1.1 503 X\r\nRetry-After: %.60s\r\nContent-Length: 0\r\n\r\n", rest);
	for (c = reply; *c; c++)
		if (*c == '_')
			*c = ' ';
	return say(p, reply);
}

static bool answer_late(struct peer *p, const char *rest)
{
	poll(NULL, 0, atoi(rest));
	return say(p, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
}

static bool answer_endless(struct peer *p, const char *rest)
{
	if (say(p, "HTTP/1.1 200 OK\r\n\r\n"))
		say_for_ever(p, "and so on and on and on and on and on and on and on and on and on\n");
	return false;
}

static bool answer_headers(struct peer *p, const char *rest)
{
	if (say(p, "HTTP/1.1 200 OK\r\n"))
		say_for_ever(p, "X-More: and more and more and more and more and more and more\r\n");
	return false;
}

static bool answer_half(struct peer *p, const char *rest)
{
	say(p, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
	wait_for_the_end(p);
	return false;
}

static bool answer_cut(struct peer *p, const char *rest)
{
	say(p, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
	return false;
}

static bool answer_never(struct peer *p, const char *rest)
{
	wait_for_the_end(p);
	return false;
}

static bool answer_close(struct peer *p, const char *rest)
{
	return false;
}

static bool answer(struct peer *p, const char *path)
{
	static const struct { const char *path; bool (*fn)(struct peer *, const char *); } table[] = {
		{"/ok", answer_ok}, {"/redirect", answer_redirect}, {"/status/", answer_status},
		{"/after/", answer_after}, {"/late/", answer_late}, {"/endless", answer_endless},
		{"/headers", answer_headers}, {"/half", answer_half}, {"/cut", answer_cut},
		{"/never", answer_never}, {"/close", answer_close}};
	char text[256];
	size_t i;

	snprintf(text, sizeof text, "%.200s", path);
	text[strcspn(text, " ")] = '\0';
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strncmp(text, table[i].path, strlen(table[i].path)) == 0)
			return table[i].fn(p, text + strlen(table[i].path));
	return false;
}

static void *serve(void *arg)
{
	struct peer *p = arg;
	struct net_server *s = p->server;
	char text[sizeof s->last];

	if (p->tls) {
		SSL_set_fd(p->tls, p->fd);
		if (!readable(p) || SSL_accept(p->tls) <= 0)
			goto out;
	}
	while (read_request(p, text, sizeof text)) {
		pthread_mutex_lock(&lock);
		memcpy(s->last, text, sizeof text);
		pthread_mutex_unlock(&lock);
		atomic_fetch_add(&s->requests, 1);
		if (!answer(p, strchr(text, ' ') + 1))
			break;
	}
out:
	if (p->tls)
		SSL_free(p->tls);
	close(p->fd);
	atomic_fetch_add(&s->closed, 1);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct net_server *s = arg;
	struct pollfd fd = {.fd = s->fd, .events = POLLIN};

	while (!is_stopping(s)) {
		struct peer *p = &peers[peer_count];

		if (poll(&fd, 1, POLL_MS) <= 0 || peer_count == CONNECTIONS_MAX)
			continue;
		*p = (struct peer){.server = s, .fd = accept(s->fd, NULL, NULL)};
		if (p->fd < 0)
			continue;
		atomic_fetch_add(&s->connections, 1);
		p->tls = s->tls ? SSL_new(s->tls) : NULL;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&p->thread, NULL, serve, p), 0);
		peer_count++;
	}
	return NULL;
}

SSL_CTX *server_certificate(char ca_file[64])
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_EXTENSION *name = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	FILE *f;
	int fd;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
	                           (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_add_ext(cert, name, -1);
	CU_ASSERT_NOT_EQUAL_FATAL(X509_sign(cert, key, EVP_sha256()), 0);
	SSL_CTX_use_certificate(tls, cert);
	SSL_CTX_use_PrivateKey(tls, key);
	snprintf(ca_file, 64, "/tmp/net_tests.XXXXXX");
	fd = mkstemp(ca_file);
	CU_ASSERT_FATAL(fd >= 0);
	f = fdopen(fd, "w");
	PEM_write_X509(f, cert);
	fclose(f);
	X509_EXTENSION_free(name);
	X509_free(cert);
	EVP_PKEY_free(key);
	return tls;
}

void server_start(struct net_server *s, bool tls)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;

	memset(s, 0, sizeof *s);
	peer_count = 0;
	hang_over = false;
	if (tls)
		s->tls = server_certificate(s->ca_file);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(s->fd, (struct sockaddr *)&at, sizeof at), 0);
	CU_ASSERT_EQUAL_FATAL(listen(s->fd, 64), 0);
	getsockname(s->fd, (struct sockaddr *)&at, &size);
	s->port = ntohs(at.sin_port);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&acceptor, NULL, accept_all, s), 0);
}

void server_stop(struct net_server *s)
{
	unsigned i;

	pthread_mutex_lock(&lock);
	s->stopping = true;
	hang_over = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(acceptor, NULL);
	for (i = 0; i < peer_count; i++)
		pthread_join(peers[i].thread, NULL);
	close(s->fd);
	if (s->tls) {
		SSL_CTX_free(s->tls);
		unlink(s->ca_file);
	}
}

bool server_wait(atomic_int *counter, int n)
{
	struct timespec pause = {.tv_nsec = 2000000};
	unsigned i;

	for (i = 0; i < 2500 && atomic_load(counter) < n; i++)
		nanosleep(&pause, NULL);
	return atomic_load(counter) >= n;
}

/* Resolving, in place of the C library's: one block for each address, which its freeaddrinfo frees. */

static struct addrinfo *address(const char *text, const char *port, struct addrinfo *next)
{
	struct { struct addrinfo info; struct sockaddr_in v4; } *a = calloc(1, sizeof *a);

	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons((uint16_t)(port ? atoi(port) : 0));
	inet_pton(AF_INET, text, &a->v4.sin_addr);
	a->info = (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP,
	                            .ai_addrlen = sizeof a->v4, .ai_addr = (struct sockaddr *)&a->v4,
	                            .ai_next = next};
	return &a->info;
}

static int hang(void)
{
	pthread_mutex_lock(&lock);
	while (!hang_over)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return EAI_AGAIN;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
	__attribute__((visibility("default")));
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	if (strcmp(node, "hang.test") == 0)
		return hang();
	if (strcmp(node, "loop.test") == 0 || strcmp(node, "xn--bcher-kva.test") == 0 || strcmp(node, "127.0.0.1") == 0)
		*res = address("127.0.0.1", service, NULL);
	else if (strcmp(node, "mixed.test") == 0)
		*res = address("10.1.2.3", service, address("127.0.0.1", service, NULL));
	else
		return EAI_NONAME;
	return 0;
}

void freeaddrinfo(struct addrinfo *a) __attribute__((visibility("default")));
void freeaddrinfo(struct addrinfo *a)
{
	struct addrinfo *next;

	for (; a; a = next) {
		next = a->ai_next;
		free(a);
	}
}
