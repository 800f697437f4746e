/* Whom the HTTP client (net/http_client.h) reaches: by the rules, by name, and over TLS. */
#include <arpa/inet.h>
#include <CUnit/CUnit.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_client.h"
#include "net_suites.h"

static void an_address_that_the_rules_forbid_is_never_connected_to(void)
{
	struct outcome o;

	server_start(&server, false);
	open_client("", NULL);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_TRUE(o.refused);
	CU_ASSERT_STRING_EQUAL(o.error, "The host leads to a loopback address; only public addresses are allowed while"
	                                " outbound.allow_networks names no network");
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 0);
	close_all();
}

static void without_rules_none_but_public_addresses_are_connected_to(void)
{
	struct outcome o;

	server_start(&server, false);
	open_client(NULL, NULL);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_TRUE(o.refused);
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 0);
	close_all();
}

static void a_name_that_leads_to_a_forbidden_address_is_refused(void)
{
	struct outcome o;

	server_start(&server, false);
	open_client("", NULL);
	post_to(&o, "http", "loop.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_TRUE(o.refused);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "leads to a loopback address"));
	/* what the resolver says of names inside is no user's business */
	CU_ASSERT_PTR_NULL(strstr(o.error, "127.0.0.1"));
	CU_ASSERT_EQUAL(atomic_load(&server.connections), 0);
	close_all();
}

static void the_operator_may_allow_it(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "loop.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void of_a_names_addresses_only_the_allowed_ones_are_tried(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "mixed.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_name_of_another_script_is_looked_up_in_its_ascii_form(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "b\xc3\xbc" "cher.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_name_that_does_not_exist_may_exist_later(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "nobody.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_FALSE(o.refused);
	close_all();
}

static void a_name_that_takes_long_holds_up_neither_the_loop_nor_others(void)
{
	struct outcome slow, quick;

	open_all(false);
	post_to(&slow, "http", "hang.test", "/ok", LONG_MS);
	send_and_finish(&quick, "/ok", 3000);
	CU_ASSERT_EQUAL(quick.status, 200);
	CU_ASSERT_FALSE(slow.done);
	close_all();
}

static void a_name_that_takes_longer_than_the_call_may_is_not_waited_for(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "http", "hang.test", "/ok", 300);
	/* the name is looked up until the server stops */
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_STRING_EQUAL(o.error, "No answer within 0.3 s");
	close_all();
}

static void a_proxy_of_the_environment_is_not_used(void)
{
	struct outcome o;

	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("all_proxy", "http://127.0.0.1:9", 1);
	open_all(false);
	send_and_finish(&o, "/ok", 3000);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

static void other_schemes_are_refused(void)
{
	struct outcome o;

	open_all(false);
	post_to(&o, "ftp", "127.0.0.1", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_TRUE(o.refused);
	close_all();
}

static void a_certificate_that_is_trusted_is_accepted(void)
{
	struct outcome o;

	open_all(true);
	post_to(&o, "https", "127.0.0.1", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 200);
	close_all();
}

static void a_certificate_that_nobody_trusts_is_an_error(void)
{
	struct outcome o;

	server_start(&server, true);
	open_client("127.0.0.0/8", NULL);
	post_to(&o, "https", "127.0.0.1", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(o.error, "certificate"));
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 0);
	close_all();
}

static void a_certificate_for_another_name_is_an_error(void)
{
	struct outcome o;

	open_all(true);
	post_to(&o, "https", "loop.test", "/ok", 3000);
	finish(&o);
	CU_ASSERT_EQUAL(o.status, 0);
	CU_ASSERT_EQUAL(atomic_load(&server.requests), 0);
	close_all();
}

/* It answers a handshake as web servers answer what is no request. */
static void a_receiver_without_tls_is_told_as_such(void)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), port, fd;
	socklen_t size = sizeof at;
	struct outcome o;

	CU_ASSERT_TRUE_FATAL(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 1) == 0 &&
	                     getsockname(listener, (struct sockaddr *)&at, &size) == 0);
	open_all(false);
	port = server.port;
	server.port = ntohs(at.sin_port);
	post_to(&o, "https", "127.0.0.1", "/ok", LONG_MS);
	while ((fd = accept(listener, NULL, NULL)) < 0)
		turn();
	CU_ASSERT_EQUAL(write(fd, answer, strlen(answer)), (ssize_t)strlen(answer));
	finish(&o);
	CU_ASSERT_EQUAL(strncmp(o.error, "No TLS connection: ", 19), 0);
	close(fd);
	close(listener);
	server.port = port;
	close_all();
}

static CU_TestInfo tests[] = {
	{"an address that the rules forbid is never connected to",
	 an_address_that_the_rules_forbid_is_never_connected_to},
	{"without rules none but public addresses are connected to", without_rules_none_but_public_addresses_are_connected_to},
	{"a name that leads to a forbidden address is refused",
	 a_name_that_leads_to_a_forbidden_address_is_refused},
	{"the operator may allow it", the_operator_may_allow_it},
	{"of a name's addresses only the allowed ones are tried",
	 of_a_names_addresses_only_the_allowed_ones_are_tried},
	{"a name of another script is looked up in its ASCII form",
	 a_name_of_another_script_is_looked_up_in_its_ascii_form},
	{"a name that does not exist may exist later", a_name_that_does_not_exist_may_exist_later},
	{"a name that takes long holds up neither the loop nor others",
	 a_name_that_takes_long_holds_up_neither_the_loop_nor_others},
	{"a name that takes longer than the call may is not waited for",
	 a_name_that_takes_longer_than_the_call_may_is_not_waited_for},
	{"a proxy of the environment is not used", a_proxy_of_the_environment_is_not_used},
	{"other schemes are refused", other_schemes_are_refused},
	{"a certificate that is trusted is accepted", a_certificate_that_is_trusted_is_accepted},
	{"a certificate that nobody trusts is an error", a_certificate_that_nobody_trusts_is_an_error},
	{"a certificate for another name is an error", a_certificate_for_another_name_is_an_error},
	{"a receiver without TLS is told as such", a_receiver_without_tls_is_told_as_such},
	CU_TEST_INFO_NULL};

CU_SuiteInfo http_client_reach_suite = {"whom the HTTP client reaches", NULL, NULL, NULL, NULL, tests};
