#include "base/mail_address.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"

#define LOCAL_MAX 64

bool mail_address_valid(const char *text, size_t n)
{
	const char *at = memchr(text, '@', n), *p, *end = text + n;
	bool ok = at && at > text && at - text <= LOCAL_MAX && n < MAIL_ADDRESS_SIZE && at + 1 < end &&
		  isalnum((unsigned char)at[1]) && isalnum((unsigned char)end[-1]);

	for (p = text; ok && p < at; p++)
		ok = (unsigned char)*p > ' ' && (unsigned char)*p < 0x7f && !strchr("\"(),:;<>[\\]", *p);
	for (p = at ? at + 1 : end; ok && p < end; p++)
		ok = isalnum((unsigned char)*p) || *p == '-' || (*p == '.' && p[-1] != '.');
	return ok;
}

static bool take_name(const char *text, size_t n, char *out)
{
	size_t i;

	while (n > 0 && text[n - 1] == ' ')
		n--;
	if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
		text++;
		n -= 2;
	}
	for (i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f || strchr("<>\"", text[i]))
			return false;
	if (n >= MAIL_NAME_SIZE || !json_utf8_valid(text, n))
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

bool mail_address_parse(const char *text, struct mail_address *out)
{
	const char *open = strchr(text, '<');
	size_t n;

	out->name[0] = '\0';
	if (open && !take_name(text, (size_t)(open - text), out->name))
		return false;
	text = open ? open + 1 : text;
	n = strlen(text);
	if (open && (n == 0 || text[--n] != '>'))
		return false;
	if (!mail_address_valid(text, n))
		return false;
	memcpy(out->address, text, n);
	out->address[n] = '\0';
	return true;
}
