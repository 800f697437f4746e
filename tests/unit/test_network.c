/* Addresses and networks (base/network.h). */
#include <string.h>

#include "base/network.h"
#include "base_suites.h"

static bool parse(const char *text, struct network *out)
{
	return network_parse(text, strlen(text), out);
}

static bool holds(const char *network, const char *address)
{
	struct network net;
	struct address a;

	CU_ASSERT_TRUE_FATAL(parse(network, &net) && address_parse(address, &a, NULL));
	return network_holds(&net, &a);
}

static bool formats_as(const char *text, const char *expected)
{
	char out[NETWORK_TEXT_SIZE];
	struct network net;

	CU_ASSERT_TRUE_FATAL(parse(text, &net));
	network_format(&net, out);
	return strcmp(out, expected) == 0;
}

static void a_network_holds_the_addresses_between_its_ends(void)
{
	CU_ASSERT_FALSE(holds("10.16.0.0/12", "10.15.255.255"));
	CU_ASSERT_TRUE(holds("10.16.0.0/12", "10.16.0.0"));
	CU_ASSERT_TRUE(holds("10.16.0.0/12", "10.31.255.255"));
	CU_ASSERT_FALSE(holds("10.16.0.0/12", "10.32.0.0"));
	CU_ASSERT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
	CU_ASSERT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
	CU_ASSERT_TRUE(holds("0.0.0.0/0", "255.255.255.255"));
	CU_ASSERT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
}

static void an_address_alone_is_a_network_of_one(void)
{
	CU_ASSERT_TRUE(holds("192.0.2.7", "192.0.2.7"));
	CU_ASSERT_FALSE(holds("192.0.2.7", "192.0.2.6"));
	CU_ASSERT_TRUE(holds("::1", "0:0:0:0:0:0:0:1"));
}

static void an_ipv4_address_is_the_same_in_its_mapped_form(void)
{
	CU_ASSERT_TRUE(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
	CU_ASSERT_TRUE(holds("::ffff:192.0.2.0/120", "192.0.2.7"));
}

static void a_network_has_one_form(void)
{
	CU_ASSERT_TRUE(formats_as("10.1.2.3/8", "10.0.0.0/8"));
	CU_ASSERT_TRUE(formats_as("10.1.2.3/32", "10.1.2.3"));
	CU_ASSERT_TRUE(formats_as("10.1.2.3/0", "0.0.0.0/0"));
	CU_ASSERT_TRUE(formats_as("2001:DB8:0:0::FF/36", "2001:db8::/36"));
	CU_ASSERT_TRUE(formats_as("::1/128", "::1"));
	CU_ASSERT_TRUE(formats_as("::ffff:10.1.2.3/104", "10.0.0.0/8"));
	CU_ASSERT_TRUE(formats_as("::/0", "::/0"));
}

static void what_is_no_network_is_refused(void)
{
	static const char *const wrong[] = {
		"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/8 ", " 10.0.0.0",
		"::/129", "::1%lo", "example.com", "10.0.0.0/+8", "10.0.0.0/0x8", "0000:0000:0000:0000:0000:0000:0000:0000:0000/12",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/64"};
	struct network net;
	unsigned i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CU_ASSERT_FALSE(parse(wrong[i], &net));
	CU_ASSERT_FALSE(network_parse("10.0.0.0\0/8", 11, &net));
	CU_ASSERT_FALSE(network_parse("10.0.0.0/8\0", 11, &net));
}

static void an_address_has_one_text(void)
{
	char text[ADDRESS_TEXT_SIZE];
	struct address a;
	unsigned bits = 0;

	CU_ASSERT_TRUE_FATAL(address_parse("::ffff:192.0.2.7", &a, &bits));
	CU_ASSERT_EQUAL(bits, 128);
	address_format(&a, text);
	CU_ASSERT_STRING_EQUAL(text, "192.0.2.7");
	CU_ASSERT_TRUE_FATAL(address_parse("192.0.2.7", &a, &bits));
	CU_ASSERT_EQUAL(bits, 32);
	CU_ASSERT_FALSE(address_parse("192.0.2.7/32", &a, NULL));
	CU_ASSERT_FALSE(address_parse("unix:", &a, NULL));
}

static bool is_client(const char *address, const char *expected)
{
	char out[NETWORK_TEXT_SIZE];
	struct network net;
	struct address a;

	CU_ASSERT_TRUE_FATAL(address_parse(address, &a, NULL));
	net = network_of_client(&a, 64);
	network_format(&net, out);
	return strcmp(out, expected) == 0;
}

static void a_client_is_an_ipv4_address_or_an_ipv6_network(void)
{
	CU_ASSERT_TRUE(is_client("192.0.2.7", "192.0.2.7"));
	CU_ASSERT_TRUE(is_client("::ffff:192.0.2.7", "192.0.2.7"));
	CU_ASSERT_TRUE(is_client("2001:db8:0:1::7", "2001:db8:0:1::/64"));
	CU_ASSERT_TRUE(is_client("2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"));
	CU_ASSERT_TRUE(is_client("2001:db8::7", "2001:db8::/64"));
}

static CU_TestInfo tests[] = {
	{"a network holds the addresses between its ends", a_network_holds_the_addresses_between_its_ends},
	{"an address alone is a network of one", an_address_alone_is_a_network_of_one},
	{"an IPv4 address is the same in its mapped form", an_ipv4_address_is_the_same_in_its_mapped_form},
	{"a network has one form", a_network_has_one_form},
	{"a client is an IPv4 address or an IPv6 network", a_client_is_an_ipv4_address_or_an_ipv6_network},
	{"what is no network is refused", what_is_no_network_is_refused},
	{"an address has one text", an_address_has_one_text},
	CU_TEST_INFO_NULL};

CU_SuiteInfo network_suite = {"addresses and networks", NULL, NULL, NULL, NULL, tests};
