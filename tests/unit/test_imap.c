/* Waiting for an IMAP server (net/imap.h): a peer that says a little and then nothing, on a thread of its own. */
#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/imap.h"
#include "net_suites.h"

/* Answers each line with the next of its texts, and after the last keeps quiet until the other side has gone. */
struct peer {
	int fd, port;
	pthread_t thread;
	const char *const *texts;
};

static void talk(int client, const char *const *texts)
{
	char c;

	for (; *texts; texts++) {
		if (**texts && write(client, *texts, strlen(*texts)) < 0)
			return;
		while (read(client, &c, 1) == 1 && c != '\n')
			;
	}
	while (read(client, &c, 1) == 1)
		;
}

static void *serve(void *arg)
{
	struct peer *p = arg;
	int client;

	while ((client = accept(p->fd, NULL, NULL)) >= 0) {
		talk(client, p->texts);
		close(client);
	}
	return NULL;
}

static void start(struct peer *p, const char *const *texts)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;

	p->texts = texts;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(p->fd, (struct sockaddr *)&a, sizeof a), 0);
	CU_ASSERT_EQUAL_FATAL(listen(p->fd, 5), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(p->fd, (struct sockaddr *)&a, &n), 0);
	p->port = ntohs(a.sin_port);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void end(struct peer *p)
{
	shutdown(p->fd, SHUT_RDWR);
	pthread_join(p->thread, NULL);
	close(p->fd);
}

static struct imap *open_at(const struct peer *p, struct imap_options *o, struct error *err)
{
	struct outbound_rules *rules = outbound_rules_new("127.0.0.0/8", err);
	struct imap *m;

	memset(err, 0, sizeof *err);
	o->rules = rules;
	snprintf(o->url.host, sizeof o->url.host, "127.0.0.1");
	o->url.port = (unsigned)p->port;
	o->user = "ann";
	o->password = "secret";
	o->plaintext = true;
	o->literal_max = 1000;
	m = imap_open(o, err);
	outbound_rules_free(rules);
	return m;
}

#define CAPABILITY "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n"

static void a_server_that_keeps_quiet_is_waited_for_until_the_deadline(void)
{
	static const char *const quiet[] = {"", NULL};
	struct imap_options o = {.deadline_ms = clock_now_ms() + 300};
	struct peer p;
	struct error err;

	start(&p, quiet);
	CU_ASSERT_PTR_NULL(open_at(&p, &o, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "The mail server does not greet"));
	CU_ASSERT_TRUE(err.retryable);
	end(&p);
}

static void the_same_after_the_greeting(void)
{
	static const char *const greets[] = {"* OK hello\r\n", CAPABILITY "A001 OK done\r\n", NULL};
	struct imap_options o = {.deadline_ms = clock_now_ms() + 300};
	struct peer p;
	struct error err;

	start(&p, greets);
	CU_ASSERT_PTR_NULL(open_at(&p, &o, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "The mail server does not answer in time"));
	CU_ASSERT_TRUE(err.retryable);
	end(&p);
}

static bool at_once(void *data)
{
	atomic_int *asked = data;

	return atomic_fetch_add(asked, 1) > 0;
}

static void a_run_that_is_stopped_does_not_wait_on(void)
{
	static const char *const greets[] = {"* OK hello\r\n", CAPABILITY "A001 OK done\r\n", NULL};
	atomic_int asked = 0;
	struct imap_options o = {.stopped = at_once, .data = &asked};
	struct peer p;
	struct error err;

	start(&p, greets);
	CU_ASSERT_PTR_NULL(open_at(&p, &o, &err));
	CU_ASSERT_EQUAL(err.code, ERR_CANCELLED);
	CU_ASSERT_FALSE(err.retryable);
	end(&p);
}

static void what_a_server_can_is_known_after_the_login(void)
{
	static const char *const texts[] = {"* OK hello\r\n", CAPABILITY "A001 OK done\r\n", CAPABILITY "Q1 OK done\r\n",
	                                    "Q2 OK [CAPABILITY IMAP4rev1 move X-Y] logged in\r\n", NULL};
	struct imap_options o = {.deadline_ms = clock_now_ms() + 10000};
	struct imap *m;
	struct peer p;
	struct error err;

	start(&p, texts);
	m = open_at(&p, &o, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_TRUE(imap_can(m, "MOVE") && imap_can(m, "X-Y"));
	CU_ASSERT_FALSE(imap_can(m, "MOV") || imap_can(m, "SASL-IR"));
	imap_close(m);
	end(&p);
}

/* Only in networks that are named is a server spoken to without TLS. */
static void what_is_allowed_is_not_always_named(void)
{
	struct outbound_rules *rules;
	struct error err = {0};
	struct sockaddr_in a = {.sin_family = AF_INET};

	rules = outbound_rules_new("127.0.0.0/8", &err);
	CU_ASSERT_EQUAL(inet_pton(AF_INET, "8.8.8.8", &a.sin_addr), 1);
	CU_ASSERT_TRUE(outbound_check_address(rules, (struct sockaddr *)&a, &err));
	CU_ASSERT_FALSE(outbound_names_address(rules, (struct sockaddr *)&a));
	CU_ASSERT_EQUAL(inet_pton(AF_INET, "127.0.0.1", &a.sin_addr), 1);
	CU_ASSERT_TRUE(outbound_names_address(rules, (struct sockaddr *)&a));
	CU_ASSERT_FALSE(outbound_names_address(NULL, (struct sockaddr *)&a));
	outbound_rules_free(rules);
}

static CU_TestInfo tests[] = {
	{"a server that keeps quiet is waited for until the deadline", a_server_that_keeps_quiet_is_waited_for_until_the_deadline},
	{"the same after the greeting", the_same_after_the_greeting},
	{"a run that is stopped does not wait on", a_run_that_is_stopped_does_not_wait_on},
	{"what a server can is known after the login", what_a_server_can_is_known_after_the_login},
	{"what is allowed is not always named", what_is_allowed_is_not_always_named},
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo imap_suite = {"connections to IMAP servers", NULL, NULL, NULL, NULL, tests};
