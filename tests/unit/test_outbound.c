/* Where outbound requests may go (net/outbound.h). */
#include <arpa/inet.h>
#include <CUnit/CUnit.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/outbound.h"
#include "net_suites.h"

static const char *const good_urls[] = {
	"https://your-app.com/webhooks/agentiv",
	"http://example.com",
	"http://example.com/",
	"HTTPS://EXAMPLE.COM/Path",
	"https://example.com.",
	"https://example.com./hook",
	"https://example.com?x=1",
	"https://example.com#part",
	"https://example.com:443/",
	"http://example.com:80/",
	"http://example.com:443/",
	"https://example.com:80/",
	"http://example.com:1024/",
	"http://example.com:8080/a/b?c=d&e=f",
	"http://example.com:65535/",
	"http://example.com:/",
	"http://example.com:08080/",
	"http://sub_domain.example.com/",
	"http://a-b.example/",
	"http://xn--bcher-kva.example/",
	"http://b\303\274cher.example/",
	"http://\xe4\xbe\x8b\xe3\x81\x88.jp/",
	"http://1.example.com/",
	"http://8.8.8.8/",
	"http://8.8.8.8./",
	"http://134744072/",
	"http://0x08080808/",
	"http://010.010.010.010/",
	"http://1.1/",
	"http://11.0.0.1/",
	"http://100.63.255.255/",
	"http://100.128.0.1/",
	"http://126.255.255.255/",
	"http://128.0.0.1/",
	"http://169.253.255.255/",
	"http://172.15.255.255/",
	"http://172.32.0.1/",
	"http://192.0.1.1/",
	"http://192.31.195.255/",
	"http://192.52.194.1/",
	"http://192.175.49.1/",
	"http://[2620:4f:8001::1]/",
	"http://[2001:db9::1]/",
	"http://[3fff:1000::1]/",
	"http://192.167.255.255/",
	"http://192.169.0.1/",
	"http://198.17.255.255/",
	"http://198.20.0.1/",
	"http://223.255.255.255/",
	"http://[2606:4700:4700::1111]/",
	"http://[2606:4700:4700::1111]:8080/",
	"http://[2a00:1450:4001:81b::200e]/",
	"http://[2400::1]/",
	"http://[2001:200::1]/",
	"http://[2003::1]/",
	"http://[3ffe::1]/",
	"http://[::ffff:8.8.8.8]/",
	"http://[::ffff:808:808]/",
	"http://[64:ff9b::8.8.8.8]/",
	"http://localhost.example.com/",
	"http://mylocalhost/",
	"http://example.com/@user",
	"http://example.com/?mail=a@b.c",
	"http://example.com/#a@b",
	"http://example.com//double",
	"http://example.com/%0d%0aX:1",
	"http://metadata.google.internal/",
};

static const char *const bad_urls[] = {
	/* schemes */
	"", "example.com", "/webhooks", "//example.com/", "ftp://example.com/", "file:///etc/passwd",
	"gopher://example.com/", "javascript:alert(1)", "ws://example.com/", "httpss://example.com/",
	"http:example.com", "http:/example.com", "http:///example.com/", "http:////example.com/",
	"https:///", "http://", "http://?x", "http://#x", " http://example.com/", "dict://example.com:11211/",
	"ldap://example.com/", "http\t://example.com/", "data:text/plain,x", "unix:/run/x.sock",
	/* characters */
	"http://example.com/a b", "http://exa mple.com/", "http://example.com/\n", "http://example.com\r\n",
	"http://example.com\\@127.0.0.1/", "http:\\\\example.com/", "http://example.com\t/", "http://example.com/\x7f",
	"http://example.com/\xff", "http://example.com/\xc0\xaf",
	/* credentials */
	"http://user@example.com/", "http://user:password@example.com/", "http://@example.com/",
	"http://:@example.com/", "http://:x@example.com/", "http://example.com@127.0.0.1/",
	"http://127.0.0.1@example.com/", "http://a%40b@example.com/", "http://example.com:80@127.0.0.1/",
	/* ports */
	"http://example.com:0/", "http://example.com:1/", "http://example.com:22/", "http://example.com:25/",
	"http://example.com:53/", "http://example.com:81/", "http://example.com:444/", "http://example.com:1023/",
	"http://example.com:65536/", "http://example.com:99999999/", "http://example.com:-80/",
	"http://example.com:http/", "http://example.com:8080x/", "http://example.com:80:80/",
	/* hosts that are none */
	"http://.example.com/", "http://example..com/", "http://example.com../", "http://./", "http://../",
	"http://256.256.256.256/", "http://1.2.3.4.5/", "http://1.2.3.256/", "http://0x100000000/",
	"http://4294967296/", "http://08.08.08.08.08/", "http://1.2.3.0x/", "http://a.1/", "http://example.123/",
	"http://[]/", "http://[::1/", "http://::1/", "http://[1.2.3.4]/", "http://[:::]/", "http://[fe80::1%25eth0]/",
	"http://[2606:4700::1%25lo]/", "http://exa$mple.com/", "http://ex*mple.com/", "http://exam(ple.com/",
	/* loopback, in all its spellings */
	"http://127.0.0.1/", "http://127.0.0.1:8080/", "http://127.0.0.1./", "http://127.1/", "http://127.0.1/",
	"http://127.255.255.254/", "http://2130706433/", "http://0x7f000001/", "http://0X7F.1/",
	"http://017700000001/", "http://0177.0.0.1/", "http://0177.0.0.0x1/", "http://0x7f.0x0.0x0.0x1/",
	"http://00000177.1/", "http://%31%32%37.0.0.1/", "http://127%2e0%2e0%2e1/", "http://[::1]/",
	"http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
	"http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
	"http://[::127.0.0.1]/", "http://localhost/", "http://LocalHost/", "http://localhost./",
	"http://a.localhost/", "http://localhost:8080/",
	"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",               /* fullwidth 127 */
	"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/",               /* circled 127 */
	"http://\xe2\x93\x9b\xe2\x93\x9e\xe2\x93\x92\xe2\x93\x90\xe2\x93\x9b\xe2\x93\x97\xe2\x93\x9e\xe2\x93\xa2\xe2\x93\xa3/",
	"http://127\343\200\2020\343\200\2020\343\200\2021/",       /* ideographic full stops */
	/* private, shared, link-local */
	"http://10.0.0.1/", "http://10.255.255.255/", "http://172.16.0.1/", "http://172.31.255.255/",
	"http://192.168.1.1/", "http://192.168.257/", "http://0xc0a80101/", "http://3232235777/",
	"http://100.64.0.1/", "http://100.127.255.255/", "http://169.254.169.254/latest/meta-data/",
	"http://0xa9fea9fe/", "http://2852039166/", "http://0251.0376.0251.0376/", "http://[::ffff:169.254.169.254]/",
	"http://[fe80::1]/", "http://[febf::1]/", "http://[fec0::1]/", "http://[fc00::1]/", "http://[fd12:3456::1]/",
	"http://[64:ff9b::10.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::1]/",
	/* reserved, multicast, documentation */
	"http://0/", "http://0.0.0.0/", "http://0.1.2.3/", "http://192.0.0.1/", "http://192.0.0.170/",
	"http://192.0.2.1/", "http://192.88.99.1/", "http://198.18.0.1/",
	"http://192.31.196.1/", "http://192.52.193.1/", "http://192.175.48.1/", "http://[2620:4f:8000::1]/", "http://198.19.255.255/",
	"http://198.51.100.1/", "http://203.0.113.255/", "http://224.0.0.1/", "http://239.255.255.255/",
	"http://240.0.0.1/", "http://255.255.255.255/", "http://4294967295/", "http://[::]/", "http://[ff02::1]/",
	"http://[100::1]/", "http://[2001::1]/", "http://[2001:1ff:ffff::1]/", "http://[2001:db8::1]/",
	"http://[2002:7f00:1::]/", "http://[2002:808:808::1]/", "http://[3fff::1]/", "http://[3fff:fff::1]/",
	"http://[4000::1]/", "http://[5f00::1]/", "http://[::ffff:0:127.0.0.1]/", "http://[1fff::1]/",
	"http://[100:0:0:1::1]/", "http://[2001:0:a00:1::]/", "http://[2001:1::1]/", "http://[2001:20::1]/",
};

static struct outbound_rules *rules(const char *networks)
{
	struct error err = {0};
	struct outbound_rules *r = outbound_rules_new(networks, &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

static bool allowed(const struct outbound_rules *r, const char *url)
{
	struct error err = {0};
	bool ok = outbound_check_url(r, url, "webhook_url", &err);

	if (!ok) {
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
		CU_ASSERT_STRING_EQUAL(err.field, "webhook_url");
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "webhook_url"));
	}
	return ok;
}

static void all_are(const struct outbound_rules *r, const char *const *urls, size_t n, bool expected)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool ok = allowed(r, urls[i]);

		if (ok != expected)
			fprintf(stderr, "\n    \"%s\" is %s", urls[i], ok ? "allowed" : "refused");
		CU_ASSERT_EQUAL(ok, expected);
	}
}

static void public_urls_are_allowed(void)
{
	struct outbound_rules *r = rules("");

	all_are(r, good_urls, sizeof good_urls / sizeof *good_urls, true);
	outbound_rules_free(r);
}

static void other_urls_are_refused(void)
{
	struct outbound_rules *r = rules("");

	all_are(r, bad_urls, sizeof bad_urls / sizeof *bad_urls, false);
	outbound_rules_free(r);
}

static void a_url_of_more_than_2048_bytes_is_refused(void)
{
	struct outbound_rules *r = rules("");
	char url[2100];

	memset(url, 'a', sizeof url);
	memcpy(url, "https://example.com/", 20);
	url[2048] = '\0';
	CU_ASSERT_TRUE(allowed(r, url));
	url[2048] = 'a';
	url[2049] = '\0';
	CU_ASSERT_FALSE(allowed(r, url));
	outbound_rules_free(r);
}

static void the_operators_networks_are_allowed_and_no_others(void)
{
	static const char *const yes[] = {
		"http://127.0.0.1/", "http://127.9.9.9:8080/", "http://2130706433/", "http://[::1]/",
		"http://localhost:3000/", "http://[::ffff:127.0.0.1]/", "http://10.1.2.3/", "http://[fd00:1::2]/"};
	static const char *const no[] = {
		"http://10.2.0.1/", "http://[::2]/", "http://192.168.0.1/", "http://[fd01::1]/",
		"http://[64:ff9b::127.0.0.1]/", "http://user@127.0.0.1/", "http://127.0.0.1:22/"};
	struct outbound_rules *r = rules("127.0.0.0/8, ::1/128,10.1.0.0/16 fd00::/16");

	all_are(r, yes, sizeof yes / sizeof *yes, true);
	all_are(r, no, sizeof no / sizeof *no, false);
	outbound_rules_free(r);
}

static void localhost_is_allowed_by_either_of_its_addresses(void)
{
	static const char *const networks[] = {"127.0.0.1", "::1"};
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct outbound_rules *r = rules(networks[i]);

		CU_ASSERT_TRUE(allowed(r, "http://localhost:3000/"));
		CU_ASSERT_TRUE(allowed(r, "http://a.localhost./"));
		outbound_rules_free(r);
	}
}

static void networks_of_ipv6_hold_no_ipv4_address(void)
{
	struct outbound_rules *r = rules("::/0");

	CU_ASSERT_TRUE(allowed(r, "http://[fd00::1]/"));
	CU_ASSERT_TRUE(allowed(r, "http://8.8.8.8/"));
	CU_ASSERT_FALSE(allowed(r, "http://127.0.0.1/"));
	CU_ASSERT_FALSE(allowed(r, "http://[::ffff:10.0.0.1]/"));
	outbound_rules_free(r);
}

static void a_network_without_a_length_is_one_address(void)
{
	struct outbound_rules *r = rules("10.0.0.1,fd00::1");

	CU_ASSERT_TRUE(allowed(r, "http://10.0.0.1/"));
	CU_ASSERT_FALSE(allowed(r, "http://10.0.0.2/"));
	CU_ASSERT_TRUE(allowed(r, "http://[fd00::1]/"));
	CU_ASSERT_FALSE(allowed(r, "http://[fd00::2]/"));
	outbound_rules_free(r);
}

static void what_is_no_network_is_refused_by_name(void)
{
	static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8", "::1/129", "all", "10.0.0.0/", "10.0.0.0/-1",
	                                  "10.0.0.0/8x", "127.0.0.1/8,nonsense", "/8", "10.0.0.0//8",
	                                  "a-very-long-text-that-is-no-network-and-does-not-fit-any-buffer/12"};
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = {0};

		CU_ASSERT_PTR_NULL(outbound_rules_new(bad[i], &err));
		CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "outbound.allow_networks"));
	}
}

static bool address_allowed(const struct outbound_rules *r, int family, const char *text)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct error err = {0};

	CU_ASSERT_EQUAL_FATAL(
		inet_pton(family, text, family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr), 1);
	return outbound_check_address(r, family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
	                              &err);
}

static void an_address_is_judged_as_it_is_connected_to(void)
{
	struct outbound_rules *r = rules("192.168.7.0/24");

	CU_ASSERT_TRUE(address_allowed(r, AF_INET, "93.184.216.34"));
	CU_ASSERT_FALSE(address_allowed(r, AF_INET, "127.0.0.1"));
	CU_ASSERT_FALSE(address_allowed(r, AF_INET, "169.254.169.254"));
	CU_ASSERT_TRUE(address_allowed(r, AF_INET, "192.168.7.9"));
	CU_ASSERT_TRUE(address_allowed(r, AF_INET6, "2606:4700::1"));
	CU_ASSERT_FALSE(address_allowed(r, AF_INET6, "::1"));
	CU_ASSERT_FALSE(address_allowed(r, AF_INET6, "::ffff:10.0.0.1"));
	CU_ASSERT_TRUE(address_allowed(r, AF_INET6, "::ffff:192.168.7.1"));
	CU_ASSERT_FALSE(address_allowed(r, AF_INET6, "64:ff9b::192.168.8.1"));
	outbound_rules_free(r);
}

static void a_socket_of_another_family_is_refused(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct error err = {0};

	CU_ASSERT_FALSE(outbound_check_address(NULL, (struct sockaddr *)&un, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
}

static void a_refusal_says_what_kind_of_address_it_was(void)
{
	struct outbound_rules *r = rules("");
	struct error err = {0};

	outbound_check_url(r, "http://2130706433/x", "webhook_url", &err);
	CU_ASSERT_STRING_EQUAL(err.message, "webhook_url: 127.0.0.1 is a loopback address; only public addresses are allowed"
	                                    " while outbound.allow_networks names no network");
	outbound_check_url(r, "http://[fe80::1]/x", "webhook_url", &err);
	CU_ASSERT_STRING_EQUAL(err.message, "webhook_url: fe80::1 is a link-local address; only public addresses are allowed"
	                                    " while outbound.allow_networks names no network");
	outbound_rules_free(r);
	r = rules("10.0.0.0/8");
	outbound_check_url(r, "http://2130706433/x", "webhook_url", &err);
	CU_ASSERT_STRING_EQUAL(err.message, "webhook_url: 127.0.0.1 is a loopback address, in no network that"
	                                    " outbound.allow_networks names");
	outbound_rules_free(r);
}

static void urls_of_mail_servers_are_taken_apart(void)
{
	static const struct { const char *url; bool tls; unsigned port; const char *host, *folder; } cases[] = {
		{"imaps://imap.example.com", true, 993, "imap.example.com", ""},
		{"imap://imap.example.com/", false, 143, "imap.example.com", ""},
		{"IMAPS://8.8.8.8:1993/INBOX", true, 1993, "8.8.8.8", "INBOX"},
		{"imaps://[2a00:1450:4001:81b::200e]:993/A%20b/%C3%BC", true, 993, "[2a00:1450:4001:81b::200e]", "A b/\303\274"},
	};
	struct mail_url u;
	struct error err;
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		CU_ASSERT_TRUE_FATAL(outbound_check_mail_url(NULL, cases[i].url, "imap", &u, &err));
		CU_ASSERT_TRUE(u.tls == cases[i].tls && u.port == cases[i].port);
		CU_ASSERT_STRING_EQUAL(u.host, cases[i].host);
		CU_ASSERT_STRING_EQUAL(u.folder, cases[i].folder);
	}
}

static void urls_that_are_no_mail_servers_are_refused(void)
{
	static const char *const bad[] = {
		"imap.example.com", "https://imap.example.com/", "pop3://imap.example.com/", "imaps://", "imaps:///INBOX",
		"imaps://me@imap.example.com/", "imaps://me:secret@imap.example.com/", "imaps://imap.example.com:25/",
		"imaps://imap.example.com:443/", "imaps://imap.example.com:70000/", "imaps://imap.example.com/INBOX?ALL",
		"imaps://imap.example.com/INBOX;UID=1", "imaps://imap.example.com/#x", "imaps://imap.example.com/%0d%0aA",
		"imaps://imap.example.com/%ff", "imaps://127.0.0.1/", "imaps://localhost/", "imaps://0x7f.1/", "imaps://[::1]/",
	};
	struct mail_url u;
	struct error err;
	unsigned i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		CU_ASSERT_FALSE(outbound_check_mail_url(NULL, bad[i], "imap", &u, &err));
		CU_ASSERT_STRING_EQUAL(err.field, "imap");
		CU_ASSERT_PTR_NULL(strstr(err.message, "secret"));
	}
}

/* What the check says of a file with that text. */
static const char *said_of_certificates(const char *text)
{
	char file[] = "/tmp/net_tests.XXXXXX";
	static struct error err;
	FILE *f = fdopen(mkstemp(file), "w");

	memset(&err, 0, sizeof err);
	fputs(text, f);
	fclose(f);
	if (outbound_check_ca_file(file, &err))
		snprintf(err.message, sizeof err.message, "good");
	unlink(file);
	return err.message;
}

static void a_file_of_certificates_holds_one(void)
{
	CU_ASSERT_STRING_EQUAL(said_of_certificates("# ours\n-----BEGIN CERTIFICATE-----\nMA==\n"), "good");
	CU_ASSERT_STRING_EQUAL(said_of_certificates("-----BEGIN TRUSTED CERTIFICATE-----\nMA==\n"), "good");
	CU_ASSERT_PTR_NOT_NULL(strstr(said_of_certificates(""), "outbound.ca_file holds no certificate (PEM)"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said_of_certificates("-----BEGIN PRIVATE KEY-----\nMA==\n"), "holds no certificate"));
	CU_ASSERT_TRUE(outbound_check_ca_file(NULL, NULL));
}

static void a_file_of_certificates_that_is_not_there_is_named(void)
{
	struct error err;

	CU_ASSERT_FALSE(outbound_check_ca_file("/nonexistent/ca.pem", &err));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "outbound.ca_file cannot be read: /nonexistent/ca.pem: No such file"));
}

static CU_TestInfo tests[] = {
	{"public URLs are allowed", public_urls_are_allowed},
	{"other URLs are refused", other_urls_are_refused},
	{"a URL of more than 2048 bytes is refused", a_url_of_more_than_2048_bytes_is_refused},
	{"the operator's networks are allowed and no others", the_operators_networks_are_allowed_and_no_others},
	{"localhost is allowed by either of its addresses", localhost_is_allowed_by_either_of_its_addresses},
	{"networks of IPv6 hold no IPv4 address", networks_of_ipv6_hold_no_ipv4_address},
	{"a network without a length is one address", a_network_without_a_length_is_one_address},
	{"what is no network is refused by name", what_is_no_network_is_refused_by_name},
	{"an address is judged as it is connected to", an_address_is_judged_as_it_is_connected_to},
	{"a socket of another family is refused", a_socket_of_another_family_is_refused},
	{"a refusal says what kind of address it was", a_refusal_says_what_kind_of_address_it_was},
	{"URLs of mail servers are taken apart", urls_of_mail_servers_are_taken_apart},
	{"URLs that are no mail servers are refused", urls_that_are_no_mail_servers_are_refused},
	{"a file of certificates holds one", a_file_of_certificates_holds_one},
	{"a file of certificates that is not there is named", a_file_of_certificates_that_is_not_there_is_named},
	CU_TEST_INFO_NULL};

CU_SuiteInfo outbound_suite = {"outbound rules", NULL, NULL, NULL, NULL, tests};
