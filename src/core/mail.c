/* A mail: its texts and its headers. */
#include <stdio.h>
#include <string.h>

#include "core/mail_priv.h"

#define PART_MAX     (512u << 10)
#define SUBJECT_MAX  150     /* bytes */
#define LINE_MAX     600
#define HEADERS_MAX  16384

struct composer {
	const struct mail_look *look;
	const struct mail_letter *letter;
	struct arena *arena;
	struct zone *zone;                   /* NULL: UTC */
	struct json_object **payloads;       /* of the rows */
	const char *subject;
	struct mail_page page;
	struct buf text, html, scratch;
};

void mail_look_of(const struct config *cfg, struct mail_look *out)
{
	memset(out, 0, sizeof *out);
	mail_address_parse(cfg->mail_from, &out->from);
	mail_address_parse(cfg->mail_reply_to, &out->reply_to);
	out->brand = cfg->brand;
	out->public_url = cfg->public_url;
}

void mail_server_of(const struct config *cfg, struct smtp_options *out)
{
	bool login = *cfg->mail_user != '\0';

	*out = (struct smtp_options){.url = cfg->mail_url, .ca_file = config_ca_file(cfg), .user = login ? cfg->mail_user : NULL,
	                             .password = login ? cfg->mail_password : NULL,
	                             .tls = strcmp(cfg->mail_tls, "required") == 0 ? SMTP_TLS_REQUIRED :
	                                    strcmp(cfg->mail_tls, "none") == 0 ? SMTP_TLS_NONE : SMTP_TLS_OPPORTUNISTIC};
}

static struct mail_note note_at(const struct composer *m, unsigned i)
{
	return (struct mail_note){.row = &m->letter->rows[i], .payload = m->payloads[i], .zone = m->zone};
}

/* A template's text, which lives in the arena; NULL when a field that it needs is empty. */
static const char *filled(struct composer *m, const char *template, const struct mail_note *note)
{
	struct buf b;
	const char *text;

	buf_init(&b, LINE_MAX * 8);
	text = mail_expand(&b, template, note) ? arena_strdup(m->arena, buf_str(&b)) : NULL;
	buf_release(&b);
	return text;
}

static const char *cleaned(struct arena *a, const char *text, size_t max)
{
	struct buf b;
	const char *out;

	buf_init(&b, max + 16);
	mail_clean(&b, text, max);
	out = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return out;
}

/* "3 runs failed, 12 runs finished", and how many more there are. */
static const char *counts(struct composer *m)
{
	unsigned n[NOTE__MAX] = {0}, i;
	const char *out;
	struct buf b;

	buf_init(&b, 1024);
	for (i = 0; i < m->letter->count; i++)
		n[m->letter->rows[i].kind]++;
	for (i = 0; i < NOTE__MAX; i++) {
		const struct mail_kind *kind = &mail_kinds[mail_order[i]];
		unsigned k = n[mail_order[i]];

		if (k == 0)
			continue;
		buf_adds(&b, b.len > 0 ? ", " : "");
		if (k == 1)
			buf_adds(&b, kind->one);
		else
			buf_addf(&b, "%u %s", k, kind->many);
	}
	if (m->letter->total > m->letter->count)
		buf_addf(&b, " and %u more", m->letter->total - m->letter->count);
	out = arena_strdup(m->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

static void put_subject(struct composer *m)
{
	struct mail_note first = note_at(m, 0);
	const char *text;
	struct buf b;

	if (m->letter->total > 1) {
		m->subject = arena_printf(m->arena, "%s: %s", m->look->brand, counts(m));
		return;
	}
	buf_init(&b, LINE_MAX * 8);
	mail_expand(&b, mail_kinds[first.row->kind].subject, &first);
	text = buf_str(&b);
	m->subject = cleaned(m->arena, text, SUBJECT_MAX);
	buf_release(&b);
}

/* ---- the two bodies, side by side ---- */

static void paragraph(struct composer *m, const char *text)
{
	buf_addf(&m->text, "%s\n\n", text);
	mail_html_paragraph(&m->html, text);
}

static void put_one(struct composer *m)
{
	struct mail_note note = note_at(m, 0);
	const struct mail_kind *kind = &mail_kinds[note.row->kind];
	const char *value;
	unsigned i;

	buf_addf(&m->text, "%s\n\n", m->subject);
	mail_html_rows_open(&m->html);
	for (i = 0; i < MAIL_FACTS && kind->facts[i].value; i++) {
		value = filled(m, kind->facts[i].value, &note);
		if (!value)
			continue;
		buf_addf(&m->text, "%-12s %s\n", kind->facts[i].label, value);
		mail_html_row(&m->html, kind->facts[i].label, value);
	}
	mail_html_rows_close(&m->html);
	buf_addc(&m->text, '\n');
	value = kind->advice ? filled(m, kind->advice, &note) : NULL;
	if (value)
		paragraph(m, value);
}

static void put_line(struct composer *m, unsigned i)
{
	struct mail_note note = note_at(m, i);
	const char *line = filled(m, mail_kinds[note.row->kind].line, &note), *when;

	buf_reset(&m->scratch);
	mail_put_short_time(&m->scratch, m->zone, note.row->at);
	when = buf_str(&m->scratch);
	buf_addf(&m->text, "  %-12s  %s\n", when, line ? line : "");
	mail_html_row(&m->html, when, line ? line : "");
}

static void put_group(struct composer *m, enum notification kind)
{
	bool any = false;
	unsigned i;

	for (i = 0; i < m->letter->count; i++) {
		if (m->letter->rows[i].kind != kind)
			continue;
		if (!any) {
			buf_addf(&m->text, "%s\n", mail_kinds[kind].group);
			mail_html_heading(&m->html, mail_kinds[kind].group);
			mail_html_rows_open(&m->html);
		}
		any = true;
		put_line(m, i);
	}
	if (!any)
		return;
	mail_html_rows_close(&m->html);
	if (mail_kinds[kind].group_advice) {
		buf_addf(&m->text, "%s\n", mail_kinds[kind].group_advice);
		mail_html_paragraph(&m->html, mail_kinds[kind].group_advice);
	}
	buf_addc(&m->text, '\n');
}

static void put_digest(struct composer *m)
{
	unsigned i;

	buf_addf(&m->text, "%s\n\n", counts(m));
	for (i = 0; i < NOTE__MAX; i++)
		put_group(m, mail_order[i]);
	if (m->letter->total > m->letter->count)
		paragraph(m, arena_printf(m->arena, "and %u more", m->letter->total - m->letter->count));
}

/* Whose product it is, is said where the service has another name and the account's users may know. */
static const char *footer(struct composer *m)
{
	const struct mail_recipient *to = m->letter->to;
	bool other = !to->white_label && strcmp(m->look->brand, "Agentiv") != 0;

	return arena_printf(m->arena, "Sent to %s by %s%s. Times are in %s.", to->email, m->look->brand,
	                    other ? ", which runs Agentiv" : "", m->zone ? zone_name(m->zone) : "UTC");
}

static void put_bodies(struct composer *m)
{
	const struct mail_letter *l = m->letter;
	const char *name = cleaned(m->arena, l->to->name, 100), *hello;

	m->page = (struct mail_page){.brand = m->look->brand, .public_url = m->look->public_url,
	                             .unsubscribe_url = l->unsubscribe_url, .title = m->subject, .footer = footer(m)};
	hello = arena_printf(m->arena, "Hello%s%s,", *name ? " " : "", name);
	mail_html_open(&m->html, &m->page);
	paragraph(m, hello);
	if (l->total > 1)
		put_digest(m);
	else
		put_one(m);
	buf_addf(&m->text, "%s\n\n-- \n%s\nNo more mails like this one: %s\n", m->look->public_url, m->page.footer,
	         l->unsubscribe_url);
	mail_html_close(&m->html, &m->page);
}

/* ---- headers ---- */

static void add_header(struct composer *m, struct smtp_mail *out, const struct buf *line)
{
	INVARIANT(out->header_count < SMTP_HEADERS_MAX, "a mail has too many headers");
	out->headers[out->header_count++] = arena_strndup(m->arena, buf_str(line), line->len);
}

/* Whatever can be put into one whose value is made here. */
static void put_made(struct composer *m, struct smtp_mail *out, const char *line)
{
	buf_reset(&m->scratch);
	buf_adds(&m->scratch, line);
	add_header(m, out, &m->scratch);
}

static void put_who(struct composer *m, struct smtp_mail *out, const char *name, const char *display, const char *address)
{
	buf_reset(&m->scratch);
	mail_put_mailbox(&m->scratch, name, display, address);
	add_header(m, out, &m->scratch);
}

static void put_headers(struct composer *m, struct smtp_mail *out, const char *to_name, const char *to, const char *message)
{
	const struct mail_look *look = m->look;

	put_who(m, out, "From", look->from.name, look->from.address);
	if (*look->reply_to.address)
		put_who(m, out, "Reply-To", look->reply_to.name, look->reply_to.address);
	put_who(m, out, "To", to_name, to);
	buf_reset(&m->scratch);
	mail_put_header(&m->scratch, "Subject", m->subject);
	add_header(m, out, &m->scratch);
	buf_reset(&m->scratch);
	buf_adds(&m->scratch, "Date: ");
	mail_put_date(&m->scratch, m->zone, m->letter->now_ms);
	add_header(m, out, &m->scratch);
	put_made(m, out, arena_printf(m->arena, "Message-ID: <%s@%s>", message, strchr(look->from.address, '@') + 1));
	put_made(m, out, "Auto-Submitted: auto-generated");
	out->from = arena_strdup(m->arena, look->from.address);
	out->to = arena_strdup(m->arena, to);
}

static void put_unsubscribe(struct composer *m, struct smtp_mail *out)
{
	put_made(m, out, arena_printf(m->arena, "List-Unsubscribe: <%s>", m->letter->unsubscribe_url));
	put_made(m, out, "List-Unsubscribe-Post: List-Unsubscribe=One-Click");
}

static void open_composer(struct composer *m, const struct mail_look *look, const struct mail_letter *letter,
                          struct arena *a)
{
	*m = (struct composer){.look = look, .letter = letter, .arena = a};
	buf_init(&m->text, PART_MAX);
	buf_init(&m->html, PART_MAX);
	buf_init(&m->scratch, HEADERS_MAX);
}

static void close_composer(struct composer *m)
{
	unsigned i;

	for (i = 0; m->payloads && i < m->letter->count; i++)
		json_object_put(m->payloads[i]);
	zone_free(m->zone);
	buf_release(&m->text);
	buf_release(&m->html);
	buf_release(&m->scratch);
}

/* Of what is no JSON object nothing but the kind is told. */
static void read_payloads(struct composer *m)
{
	struct error err;
	unsigned i;

	m->payloads = arena_alloc(m->arena, m->letter->count * sizeof *m->payloads);
	for (i = 0; i < m->letter->count; i++) {
		const char *text = m->letter->rows[i].payload;

		if (json_read(text, strlen(text), JSON_DEPTH_MAX, &m->payloads[i], NULL, NULL, &err) &&
		    json_object_is_type(m->payloads[i], json_type_object))
			continue;
		json_object_put(m->payloads[i]);
		m->payloads[i] = NULL;
	}
}

static bool finish(struct composer *m, struct smtp_mail *out, struct error *err)
{
	out->text = mail_crlf(m->arena, &m->text);
	out->html = mail_crlf(m->arena, &m->html);
	return (!m->text.failed && !m->html.failed && !m->scratch.failed) ||
	       err_set(err, ERR_INTERNAL, "A mail became too large");
}

bool mail_compose(const struct mail_look *look, const struct mail_letter *letter, struct arena *a, struct smtp_mail *out,
                  struct error *err)
{
	const struct mail_recipient *to = letter->to;
	char message[ID_TEXT_SIZE];
	struct composer m;
	struct error ignored;
	bool ok;

	memset(out, 0, sizeof *out);
	if (!mail_address_valid(to->email, strlen(to->email)))
		return err_set(err, ERR_INVALID_INPUT, "The account's e-mail address is none that mail can be sent to");
	open_composer(&m, look, letter, a);
	/* an account's zone was checked when it was set; one that the system does not know any more is no reason to tell nothing */
	m.zone = zone_load(to->timezone, &ignored);
	read_payloads(&m);
	put_subject(&m);
	put_bodies(&m);
	id_format(ID_DELIVERY, &letter->delivery, message);
	put_headers(&m, out, to->name, to->email, message);
	put_unsubscribe(&m, out);
	ok = finish(&m, out, err);
	close_composer(&m);
	return ok;
}

bool mail_compose_test(const struct mail_look *look, const char *address, int64_t now_ms, struct arena *a,
                       struct smtp_mail *out, struct error *err)
{
	struct mail_letter letter = {.delivery = id_make(), .now_ms = now_ms};
	char message[ID_TEXT_SIZE];
	struct composer m;
	bool ok;

	memset(out, 0, sizeof *out);
	if (!mail_address_valid(address, strlen(address)))
		return err_set(err, ERR_INVALID_INPUT, "\"%.254s\" is not an e-mail address", address);
	open_composer(&m, look, &letter, a);
	m.subject = arena_printf(a, "Mails of %s arrive", look->brand);
	m.page = (struct mail_page){.brand = look->brand, .public_url = look->public_url, .title = m.subject,
	                            .footer = arena_printf(a, "Sent to %s by %s.", address, look->brand)};
	mail_html_open(&m.html, &m.page);
	paragraph(&m, "This is a test, asked for with agentivctl mail test. Nothing has happened.");
	mail_html_close(&m.html, &m.page);
	buf_addf(&m.text, "%s\n\n-- \n%s\n", look->public_url, m.page.footer);
	id_format(ID_DELIVERY, &letter.delivery, message);
	put_headers(&m, out, "", address, message);
	ok = finish(&m, out, err);
	close_composer(&m);
	return ok;
}
