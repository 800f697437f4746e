/* The form of URLs that users give. */
#include "net/outbound_priv.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/utf8.h"

#define URL_MAX  2048   /* bytes, as the columns that keep URLs; named in a message below */
#define HOST_MAX 253    /* RFC 1035 */

/* The text follows the member's name: "webhook_url names no host". */
static bool refuse(const char *field, const char *why, struct error *err)
{
	return err_field(err, field, "%s %s", field && *field ? field : "The URL", why);
}

/* curl forgives a missing or a third slash; other readers of the same URL do not. What the host is must not
 * depend on who reads. */
static bool check_form(const char *url, const char *field, struct error *err)
{
	size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
	                : strncasecmp(url, "https://", 8) == 0 ? 8
	                                                       : 0;
	const unsigned char *p;
	size_t authority;

	if (scheme == 0)
		return refuse(field, "must begin with https:// or http://", err);
	if (strlen(url) > URL_MAX)
		return refuse(field, "must not be longer than 2048 bytes", err);
	for (p = (const unsigned char *)url; *p; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '\\')
			return refuse(field,
			              "must not contain spaces, control characters or backslashes", err);
	authority = strcspn(url + scheme, "/?#");
	if (authority == 0)
		return refuse(field, "names no host", err);
	if (memchr(url + scheme, '@', authority))
		return refuse(field, "must not contain a user name or password", err);
	return true;
}

static bool check_port(const char *text, const char *field, struct error *err)
{
	long port = text ? strtol(text, NULL, 10) : 80;

	if (port == 80 || port == 443 || (port >= 1024 && port <= 65535))
		return true;
	return refuse(field, "must use port 80, 443 or one of 1024 to 65535", err);
}

/* The last label is a number, in decimal or hexadecimal: such a host is an address or nothing (WHATWG URL,
 * "ends in a number"). */
static bool ends_in_number(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return last[2 + strspn(last + 2, "0123456789abcdefABCDEF")] == '\0';
	return *last && last[strspn(last, "0123456789")] == '\0';
}

static bool is_host_name(const char *host)
{
	size_t n = strlen(host);

	return n > 0 && n <= HOST_MAX && host[0] != '.' && host[n - 1] != '.' && !strstr(host, "..") &&
	       host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")] ==
	           '\0' &&
	       !ends_in_number(host);
}

/* RFC 6761: the name is the loopback's, whatever a resolver says. */
static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t n = strlen(host), k = sizeof name - 1;

	return n >= k && strcasecmp(host + n - k, name) == 0 && (n == k || host[n - k - 1] == '.');
}

static bool check_name(const struct outbound_rules *r, char *host, const char *field,
                       struct error *err)
{
	static const uint8_t loopback[4] = {127, 0, 0, 1};
	size_t n = strlen(host);
	struct address a;
	struct in_addr v4;

	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
	if (inet_aton(host, &v4)) {
		a = outbound_from_v4(&v4);
		return outbound_judge(r, &a, field, err);
	}
	if (!is_host_name(host))
		return refuse(field, "names no valid host", err);
	a = outbound_from_v4(loopback);
	return !is_localhost(host) || outbound_judge(r, &a, field, err);
}

static bool check_host(const struct outbound_rules *r, char *host, const char *zone,
                       const char *field, struct error *err)
{
	size_t n = strlen(host);
	struct address a;

	if (host[0] != '[')
		return check_name(r, host, field, err);
	if (host[n - 1] == ']')
		host[n - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, a.b) != 1)
		return refuse(field, "names no valid host", err);
	if (zone)
		return refuse(field, "must not name a network interface", err);
	return outbound_judge(r, &a, field, err);
}

/* The host as curl will look it up, names of other scripts in their ASCII form (RFC 5891). */
static CURLUcode get_host(CURLU *u, char **host)
{
#ifdef CURLU_PUNYCODE
	locale_t before = utf8_enter();
	CURLUcode code = curl_url_get(u, CURLUPART_HOST, host, CURLU_PUNYCODE);

	utf8_leave(before);
	return code;
#else
	return curl_url_get(u, CURLUPART_HOST, host, 0);
#endif
}

bool outbound_check_url(const struct outbound_rules *r, const char *url, const char *field,
                        struct error *err)
{
	char *host = NULL, *port = NULL, *zone = NULL;
	CURLU *u;
	bool ok;

	if (!check_form(url, field, err))
		return false;
	u = curl_url();
	if (!u)
		return err_set(err, ERR_INTERNAL, "No memory to read a URL");
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    get_host(u, &host) != CURLUE_OK || !*host) {
		ok = refuse(field, "is no valid URL", err);
		goto out;
	}
	if (curl_url_get(u, CURLUPART_PORT, &port, 0) != CURLUE_OK)
		port = NULL;
	if (curl_url_get(u, CURLUPART_ZONEID, &zone, 0) != CURLUE_OK)
		zone = NULL;
	ok = check_port(port, field, err) && check_host(r, host, zone, field, err);
out:
	curl_free(host);
	curl_free(port);
	curl_free(zone);
	curl_url_cleanup(u);
	return ok;
}
