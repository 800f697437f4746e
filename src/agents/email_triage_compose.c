/* A mail of the input's emails[] as it would be transferred. */
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"
#include "base/buf.h"
#include "base/json.h"

#define PATH "input_payload.emails"

/* One header line; what would end it early becomes a blank. */
static void put_header(struct buf *b, const char *name, const char *value)
{
	buf_adds(b, name);
	buf_adds(b, ": ");
	for (; *value; value++)
		buf_addc(b, *value == '\r' || *value == '\n' ? ' ' : *value);
	buf_addc(b, '\n');
}

static bool name_is_plain(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (*p <= 32 || *p >= 127 || *p == ':')
			return false;
	return p > name;
}

static bool put_list(struct buf *b, struct json_object *o, const char *key, const char *header, struct error *err)
{
	struct json_object *list = NULL;
	struct buf line;
	size_t n, i;

	if (!json_get_arr(o, PATH, key, &list, err))
		return false;
	n = list ? json_object_array_length(list) : 0;
	buf_init(&line, 1u << 20);
	for (i = 0; i < n; i++) {
		const char *one = json_object_get_string(json_object_array_get_idx(list, i));

		buf_addf(&line, "%s%s", i ? ", " : "", one ? one : "");
	}
	if (n > 0)
		put_header(b, header, buf_str(&line));
	buf_release(&line);
	return true;
}

/* The body is text already: what its headers say of its encoding is past. */
static bool is_known_header(const char *name)
{
	static const char *const known[] = {"From", "To", "Cc", "Subject", "Date", "MIME-Version"};
	unsigned i;

	if (strncasecmp(name, "Content-", 8) == 0)
		return true;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strcasecmp(name, known[i]) == 0)
			return true;
	return false;
}

/* Adds the given headers; *html: they say that the body is a page. */
static void put_headers(struct buf *b, struct json_object *headers, bool *html)
{
	struct json_object_iterator at, end;

	if (!headers)
		return;
	end = json_object_iter_end(headers);
	for (at = json_object_iter_begin(headers); !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *name = json_object_iter_peek_name(&at);
		struct json_object *value = json_object_iter_peek_value(&at);

		if (!json_object_is_type(value, json_type_string) || !name_is_plain(name))
			continue;
		if (!is_known_header(name))
			put_header(b, name, json_object_get_string(value));
		else if (strcasecmp(name, "Content-Type") == 0)
			*html = strcasestr(json_object_get_string(value), "text/html") != NULL;
	}
}

static bool looks_like_html(const char *body)
{
	body += strspn(body, " \t\r\n");
	return *body == '<' && (strcasestr(body, "<html") || strcasestr(body, "<body") || strcasestr(body, "</p>") ||
	                        strcasestr(body, "</div>") || strcasestr(body, "</table>"));
}

bool triage_compose(struct json_object *o, struct buf *b, struct error *err)
{
	const char *from = "", *subject = "", *date = "", *body = "";
	struct json_object *headers = NULL;
	bool html = false;

	if (!json_get_str(o, PATH, "from", &from, err) ||
	    !json_get_str(o, PATH, "subject", &subject, err) ||
	    !json_get_str(o, PATH, "date", &date, err) || !json_get_str(o, PATH, "body", &body, err) ||
	    !json_get_obj(o, PATH, "headers", &headers, err))
		return false;
	put_header(b, "From", from);
	put_header(b, "Subject", subject);
	if (*date)
		put_header(b, "Date", date);
	if (!put_list(b, o, "to", "To", err) || !put_list(b, o, "cc", "Cc", err))
		return false;
	put_headers(b, headers, &html);
	buf_addf(b, "Content-Type: text/%s; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
	         html || looks_like_html(body) ? "html" : "plain");
	buf_adds(b, body);
	return true;
}
