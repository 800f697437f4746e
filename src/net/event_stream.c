#include "net/event_stream.h"

#include <stdio.h>
#include <string.h>

void event_stream_init(struct event_stream *s, size_t max)
{
	memset(s, 0, sizeof *s);
	buf_init(&s->line, max);
	buf_init(&s->data, max);
}

void event_stream_release(struct event_stream *s)
{
	buf_release(&s->line);
	buf_release(&s->data);
}

void event_stream_restart(struct event_stream *s)
{
	buf_reset(&s->line);
	buf_reset(&s->data);
	s->has_data = s->after_cr = s->begun = false;
	s->comments = 0;
	s->event[0] = '\0';
	strcpy(s->next_id, s->id);
}

/* An event without data is none; its name does not stay. */
static bool dispatch(struct event_stream *s)
{
	bool more;

	strcpy(s->id, s->next_id);
	more = !s->has_data || s->on_event(s, s->event[0] ? s->event : "message", buf_str(&s->data), s->data.len);

	s->event[0] = '\0';
	s->has_data = false;
	buf_reset(&s->data);
	return more;
}

static bool take_field(struct event_stream *s, const char *name, size_t name_len, const char *value, size_t value_len)
{
	if (name_len == 4 && memcmp(name, "data", 4) == 0) {
		if (s->has_data)
			buf_addc(&s->data, '\n');
		s->has_data = true;
		return buf_add(&s->data, value, value_len);
	}
	if (name_len == 5 && memcmp(name, "event", 5) == 0)
		snprintf(s->event, sizeof s->event, "%s", value);
	else if (name_len == 2 && memcmp(name, "id", 2) == 0 && !memchr(value, '\0', value_len))
		snprintf(s->next_id, sizeof s->next_id, "%s", value);
	return true;
}

/* A line without its end; one that begins with a colon is a comment. */
static bool take_line(struct event_stream *s)
{
	const char *line = buf_str(&s->line), *end = line + s->line.len, *value;
	size_t name_len = strcspn(line, ":");
	bool ok = true;

	if (!s->begun && strncmp(line, "\xef\xbb\xbf", 3) == 0)
		line += 3, name_len -= 3;
	s->begun = true;
	value = line[name_len] == ':' ? line + name_len + 1 : line + name_len;
	if (*value == ' ')
		value++;
	if (s->line.len == 0)
		ok = dispatch(s);
	else if (name_len > 0)
		ok = take_field(s, line, name_len, value, (size_t)(end - value));
	else
		s->comments++;
	buf_reset(&s->line);
	return ok;
}

/* Lines end with \n, \r or both. */
bool event_stream_feed(struct event_stream *s, const char *p, size_t n)
{
	const char *end = p + n;
	size_t plain;

	while (p < end) {
		if (s->after_cr && *p == '\n')
			p++;
		s->after_cr = false;
		for (plain = 0; p + plain < end && p[plain] != '\n' && p[plain] != '\r'; )
			plain++;
		if (!buf_add(&s->line, p, plain))
			return false;
		p += plain;
		if (p == end)
			break;
		s->after_cr = *p++ == '\r';
		if (!take_line(s))
			return false;
	}
	return true;
}
