/* Which mailbox a connection leads to. One place has one key, however it is spelled, so that what was done there is known
 * when it is connected again. */
#include "core/admin_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "net/outbound.h"

/* ---- Folders and files ---- */

/* One name more; links are followed as they are met, so that ".." goes to where they lead. What is not there, as on
 * another host, stands by its name alone. */
static bool walk(char at[PATH_MAX], const char *name, size_t n)
{
	char real[PATH_MAX];
	size_t len = strlen(at);

	if (n == 0 || (n == 1 && *name == '.'))
		return true;
	if (n == 2 && memcmp(name, "..", 2) == 0) {
		*strrchr(at, '/') = '\0';
		if (!*at)
			strcpy(at, "/");
		return true;
	}
	if (len + n + 2 > PATH_MAX)
		return false;
	snprintf(at + len, PATH_MAX - len, "%s%.*s", len > 1 ? "/" : "", (int)n, name);
	if (realpath(at, real))
		memcpy(at, real, strlen(real) + 1);
	return true;
}

static void add_path(struct buf *out, const char *path)
{
	char at[PATH_MAX] = "/";
	const char *p = path;
	bool ok = *path == '/';

	while (ok && *p) {
		size_t n = strcspn(p, "/");

		ok = walk(at, p, n);
		p += n + (p[n] == '/');
	}
	buf_adds(out, ok ? at : path);
}

/* ---- Mail servers ---- */

static bool read_url(const char *text, struct mail_url *url)
{
	struct outbound_rules *anywhere = outbound_rules_new("0.0.0.0/0,::/0", NULL);
	bool ok = anywhere && outbound_check_mail_url(anywhere, text, "url", url, NULL);
	size_t n;

	outbound_rules_free(anywhere);
	if (!ok)
		return false;
	for (n = 0; url->host[n]; n++)
		url->host[n] = (char)tolower((unsigned char)url->host[n]);
	if (n > 1 && url->host[n - 1] == '.')
		url->host[n - 1] = '\0';
	n = strlen(url->folder);
	while (n > 0 && url->folder[n - 1] == '/')
		url->folder[--n] = '\0';
	if (n == 0 || strcasecmp(url->folder, "INBOX") == 0)
		strcpy(url->folder, "INBOX");
	return true;
}

/* An IPv6 address in its one form. */
static const char *plain_host(struct mail_url *url)
{
	unsigned char v6[16];
	size_t n = strlen(url->host);

	if (*url->host == '[' && url->host[n - 1] == ']') {
		url->host[n - 1] = '\0';
		if (inet_pton(AF_INET6, url->host + 1, v6) == 1)
			inet_ntop(AF_INET6, v6, url->host + 1, sizeof url->host - 2);
		n = strlen(url->host);
		url->host[n] = ']';
		url->host[n + 1] = '\0';
	}
	return url->host;
}

/* One port is one server, however encryption begins there. */
static void add_server(struct buf *out, const char *text)
{
	struct mail_url url;

	if (read_url(text, &url))
		buf_addf(out, "%s:%u/%s", plain_host(&url), url.port, url.folder);
	else
		buf_adds(out, text);
}

/* ---- Keys and texts ---- */

static const char *member(struct json_object *settings, const char *key)
{
	const char *text = NULL;

	return json_get_str(settings, "settings", key, &text, NULL) ? text : NULL;
}

void admin_place_key(const char *kind, struct json_object *settings, struct buf *out)
{
	const char *path = member(settings, "path"), *url = member(settings, "url"), *user = member(settings, "username");

	buf_add(out, kind, strlen(kind) + 1);
	if (path)
		add_path(out, path);
	buf_add(out, "", 1);
	if (url)
		add_server(out, url);
	buf_add(out, "", 1);
	if (user)
		buf_adds(out, user);
}

const char *admin_place_text(struct json_object *settings, struct arena *a)
{
	const char *path = member(settings, "path"), *text = member(settings, "url"), *user = member(settings, "username");
	struct mail_url url;

	if (path)
		return arena_strdup(a, path);
	if (!text || !user || !read_url(text, &url))
		return NULL;
	return url.port == (url.tls ? 993 : 143)
	               ? arena_printf(a, "%s@%s/%s", user, plain_host(&url), url.folder)
	               : arena_printf(a, "%s@%s:%u/%s", user, plain_host(&url), url.port, url.folder);
}
