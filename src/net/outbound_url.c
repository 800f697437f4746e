/* The form of URLs that users give. */
#include "net/outbound_priv.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "net/utf8.h"

#define URL_MAX  2048   /* bytes, as the columns that keep URLs; named in a message below */
#define HOST_MAX 253    /* RFC 1035 */

/* The text follows the member's name: "webhook_url names no host". */
static bool refuse(const char *field, const char *why, struct error *err)
{
	return err_field(err, field, "%s %s", field && *field ? field : "The URL", why);
}

/* What a URL may be for. */
struct purpose {
	const char *schemes[2];          /* the encrypted one first */
	unsigned ports[2];               /* below 1024 */
	const char *begin, *port;        /* what is told of a URL that is none of these */
};

static const struct purpose web = {
	{"https://", "http://"}, {443, 80}, "must begin with https:// or http://", "must use port 80, 443 or one of 1024 to 65535"};
static const struct purpose mail = {
	{"imaps://", "imap://"}, {993, 143}, "must begin with imaps:// or imap://",
	"must use port 143, 993 or one of 1024 to 65535"};

/* What was found in a URL; curl_free each. */
struct found { char *host, *port, *zone; };

/* curl forgives a missing or a third slash; other readers of the same URL do not. What the host is must not
 * depend on who reads. */
static bool check_form(const struct purpose *purpose, const char *url, const char *field, struct error *err)
{
	size_t first = strlen(purpose->schemes[0]), second = strlen(purpose->schemes[1]), authority, scheme;
	const unsigned char *p;

	scheme = strncasecmp(url, purpose->schemes[0], first) == 0    ? first
	         : strncasecmp(url, purpose->schemes[1], second) == 0 ? second
	                                                              : 0;
	if (scheme == 0)
		return refuse(field, purpose->begin, err);
	if (strlen(url) > URL_MAX)
		return refuse(field, "must not be longer than 2048 bytes", err);
	for (p = (const unsigned char *)url; *p; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '\\')
			return refuse(field,
			              "must not contain spaces, control characters or backslashes", err);
	if (!json_utf8_valid(url, strlen(url)))
		return refuse(field, "must be valid UTF-8", err);
	authority = strcspn(url + scheme, "/?#");
	if (authority == 0)
		return refuse(field, "names no host", err);
	if (memchr(url + scheme, '@', authority))
		return refuse(field, "must not contain a user name or password", err);
	return true;
}

static bool check_port(const struct purpose *purpose, const char *text, const char *field, struct error *err)
{
	unsigned long port = text ? strtoul(text, NULL, 10) : purpose->ports[0];

	if (port == purpose->ports[0] || port == purpose->ports[1] || (port >= 1024 && port <= 65535))
		return true;
	return refuse(field, purpose->port, err);
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

bool outbound_is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t n = strlen(host), k = sizeof name - 1;

	n -= n > 0 && host[n - 1] == '.';
	return n >= k && strncasecmp(host + n - k, name, k) == 0 && (n == k || host[n - k - 1] == '.');
}

static bool check_localhost(const struct outbound_rules *r, const char *field, struct error *err)
{
	static const uint8_t v4[4] = {127, 0, 0, 1};
	static const struct address v6 = {.b = {[15] = 1}};
	struct address a = address_from_v4(v4);

	return outbound_judge(r, &v6, field, NULL) || outbound_judge(r, &a, field, err);
}

static bool check_name(const struct outbound_rules *r, char *host, const char *field,
                       struct error *err)
{
	size_t n = strlen(host);
	struct address a;
	struct in_addr v4;

	if (n > 1 && host[n - 1] == '.')
		host[n - 1] = '\0';
	if (inet_aton(host, &v4)) {
		a = address_from_v4(&v4);
		return outbound_judge(r, &a, field, err);
	}
	if (!is_host_name(host))
		return refuse(field, "names no valid host", err);
	return !outbound_is_localhost(host) || check_localhost(r, field, err);
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

static bool take_apart(CURLU *u, const char *url, struct found *f, const char *field, struct error *err)
{
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    get_host(u, &f->host) != CURLUE_OK || !*f->host)
		return refuse(field, "is no valid URL", err);
	if (curl_url_get(u, CURLUPART_PORT, &f->port, 0) != CURLUE_OK)
		f->port = NULL;
	if (curl_url_get(u, CURLUPART_ZONEID, &f->zone, 0) != CURLUE_OK)
		f->zone = NULL;
	return true;
}

static void release(struct found *f)
{
	curl_free(f->host);
	curl_free(f->port);
	curl_free(f->zone);
}

bool outbound_check_url(const struct outbound_rules *r, const char *url, const char *field,
                        struct error *err)
{
	struct found f = {NULL, NULL, NULL};
	CURLU *u;
	bool ok;

	if (!check_form(&web, url, field, err))
		return false;
	u = curl_url();
	if (!u)
		return err_set(err, ERR_INTERNAL, "No memory to read a URL");
	ok = take_apart(u, url, &f, field, err) && check_port(&web, f.port, field, err) &&
	     check_host(r, f.host, f.zone, field, err);
	release(&f);
	curl_url_cleanup(u);
	return ok;
}

bool outbound_host(const char *url, char out[OUTBOUND_HOST_SIZE], struct error *err)
{
	struct found f = {NULL, NULL, NULL};
	CURLU *u = curl_url();
	bool ok;

	if (!u)
		return err_set(err, ERR_INTERNAL, "No memory to read a URL");
	ok = take_apart(u, url, &f, "", err) && (strlen(f.host) < OUTBOUND_HOST_SIZE || refuse("", "names no valid host", err));
	if (ok)
		snprintf(out, OUTBOUND_HOST_SIZE, "%s", f.host);
	release(&f);
	curl_url_cleanup(u);
	return ok;
}

/* "/INBOX/Bills%20paid": the folder's name, decoded, as it would be shown. */
static bool get_folder(CURLU *u, char *out, size_t size, const char *field, struct error *err)
{
	char *path = NULL, *extra = NULL;
	size_t n;
	bool ok;

	if (curl_url_get(u, CURLUPART_QUERY, &extra, 0) == CURLUE_OK ||
	    curl_url_get(u, CURLUPART_FRAGMENT, &extra, 0) == CURLUE_OK) {
		curl_free(extra);
		return refuse(field, "names after the host at most a folder", err);
	}
	/* what decodes to a control character is refused by curl */
	if (curl_url_get(u, CURLUPART_PATH, &path, CURLU_URLDECODE) != CURLUE_OK)
		return refuse(field, "names no valid folder", err);
	n = strlen(path);
	ok = n <= size && !strchr(path, ';') && json_utf8_valid(path, n);
	if (ok)
		snprintf(out, size, "%s", path + (*path == '/'));
	curl_free(path);
	return ok || refuse(field, "names after the host at most a folder", err);
}

bool outbound_check_mail_url(const struct outbound_rules *r, const char *url, const char *field,
                             struct mail_url *out, struct error *err)
{
	struct found f = {NULL, NULL, NULL};
	CURLU *u;
	bool ok;

	memset(out, 0, sizeof *out);
	if (!check_form(&mail, url, field, err))
		return false;
	u = curl_url();
	if (!u)
		return err_set(err, ERR_INTERNAL, "No memory to read a URL");
	out->tls = strncasecmp(url, "imaps:", 6) == 0;
	ok = take_apart(u, url, &f, field, err) && check_port(&mail, f.port, field, err);
	if (ok) {
		out->port = f.port ? (unsigned)strtoul(f.port, NULL, 10) : mail.ports[!out->tls];
		snprintf(out->host, sizeof out->host, "%s", f.host);
		ok = strlen(f.host) < sizeof out->host ? get_folder(u, out->folder, sizeof out->folder, field, err)
		                                       : refuse(field, "names no valid host", err);
	}
	/* last: it takes the host's brackets apart */
	ok = ok && check_host(r, f.host, f.zone, field, err);
	release(&f);
	curl_url_cleanup(u);
	return ok;
}
