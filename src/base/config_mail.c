/* The settings of [mail]: what each must be, and together. */
#include "base/config_priv.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mail_address.h"

#define BRAND_MAX 60
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define ADDRESS_CHARACTERS "0123456789abcdefABCDEF:."

/* Of a URL behind its scheme: the host's length, brackets included; 0: it is none. */
static size_t host_length(const char *at)
{
	size_t n;

	if (*at != '[')
		return strspn(at, NAME_CHARACTERS);
	n = strspn(at + 1, ADDRESS_CHARACTERS);
	return n > 0 && at[n + 1] == ']' ? n + 2 : 0;
}

static const char *behind_scheme(const char *url)
{
	const char *at = strstr(url, "://");

	return at ? at + 3 : url;
}

/* :port, /name, both or none. */
static bool is_rest(const char *at)
{
	unsigned port = 0, digits = 0;

	if (*at == ':')
		for (at++; *at >= '0' && *at <= '9' && digits < 5; at++, digits++)
			port = port * 10 + (unsigned)(*at - '0');
	if (at[-1] == ':' || port > 65535 || (digits > 0 && port == 0))
		return false;
	return *at == '\0' || (*at == '/' && at[1] && at[1 + strspn(at + 1, NAME_CHARACTERS)] == '\0');
}

bool config_check_mail_url(const char *v, struct error *err)
{
	const char *at = behind_scheme(v);
	size_t host = host_length(at);

	if (*v == '\0')
		return true;
	if (strchr(at, '@'))
		return err_set(err, ERR_INVALID_INPUT,
		               "must hold no user: that one goes into user, the password into password_file");
	return ((strncasecmp(v, "smtp://", 7) == 0 || strncasecmp(v, "smtps://", 8) == 0) && host > 0 && is_rest(at + host)) ||
	       err_set(err, ERR_INVALID_INPUT, "must be smtp://host:587 or smtps://host:465, or empty: no mail is sent");
}

bool config_check_mail_address(const char *v, struct error *err)
{
	struct mail_address a;

	return *v == '\0' || mail_address_parse(v, &a) ||
	       err_set(err, ERR_INVALID_INPUT, "must be an address like Agentiv <agentiv@example.com>");
}

bool config_check_mail_tls(const char *v, struct error *err)
{
	return strcmp(v, "required") == 0 || strcmp(v, "opportunistic") == 0 || strcmp(v, "none") == 0 ||
	       err_set(err, ERR_INVALID_INPUT, "must be one of required, opportunistic, none");
}

bool config_check_brand(const char *v, struct error *err)
{
	size_t n = strlen(v), i;
	bool ok = n > 0 && n <= BRAND_MAX && json_utf8_valid(v, n);

	for (i = 0; i < n; i++)
		ok &= (unsigned char)v[i] >= ' ' && v[i] != 0x7f;
	return ok || err_set(err, ERR_INVALID_INPUT, "must be a name of 1 to %d bytes", BRAND_MAX);
}

bool config_check_public_url(const char *v, struct error *err)
{
	const char *at = behind_scheme(v);
	size_t n = strlen(v), i;
	bool plain = true;

	for (i = 0; i < n; i++)
		plain &= (unsigned char)v[i] > ' ' && (unsigned char)v[i] < 0x7f && !strchr("<>\"?#@\\", v[i]);
	return n == 0 ||
	       ((strncasecmp(v, "https://", 8) == 0 || strncasecmp(v, "http://", 7) == 0) && host_length(at) > 0 && plain &&
	        v[n - 1] != '/') ||
	       err_set(err, ERR_INVALID_INPUT, "must be a URL like https://agentiv.example.com, without a slash at its end");
}

static bool is_loopback(const char *url)
{
	const char *at = behind_scheme(url);
	size_t n = host_length(at);

	return (n == 9 && strncasecmp(at, "localhost", n) == 0) || (n == 5 && strncmp(at, "[::1]", n) == 0) ||
	       (strncmp(at, "127.", 4) == 0 && strspn(at, "0123456789.") == n);
}

static bool check_tls(const struct config *c, struct error *err)
{
	bool login = *c->mail_user != '\0', implicit = strncasecmp(c->mail_url, "smtps:", 6) == 0;

	if (implicit || strcmp(c->mail_tls, "required") == 0)
		return true;
	if (login)
		return err_set(err, ERR_INVALID_INPUT,
		               "[mail] tls must be required where user is set: the password may go out in clear otherwise");
	return strcmp(c->mail_tls, "none") != 0 || is_loopback(c->mail_url) ||
	       err_set(err, ERR_INVALID_INPUT, "[mail] tls = none is for a server on this host, like smtp://127.0.0.1:25");
}

bool config_check_mail(const struct config *c, struct error *err)
{
	if (!*c->mail_url)
		return true;
	if (!*c->mail_from)
		return err_set(err, ERR_INVALID_INPUT, "[mail] from must be set beside url: mails come from it");
	if (!*c->public_url)
		return err_set(err, ERR_INVALID_INPUT, "[mail] public_url must be set beside url: links in mails begin with it");
	if (*c->mail_user && !*c->mail_password_file)
		return err_set(err, ERR_INVALID_INPUT, "[mail] password_file must be set beside user");
	if (!*c->mail_user && *c->mail_password_file)
		return err_set(err, ERR_INVALID_INPUT, "[mail] user must be set beside password_file");
	if (c->webhook_lease_s <= c->mail_timeout_s)
		return err_set(err, ERR_INVALID_INPUT, "[webhooks] lease_s must be larger than [mail] timeout_s");
	return check_tls(c, err);
}
