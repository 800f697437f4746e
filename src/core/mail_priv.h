/* What the files that compose mails share: texts of others made harmless, and what each kind of notification says. */
#ifndef AGENTIV_CORE_MAIL_PRIV_H
#define AGENTIV_CORE_MAIL_PRIV_H

#include "base/buf.h"
#include "base/json.h"
#include "base/zone.h"
#include "core/mail.h"

/* ---- mail_text.c ---- */

/* One line of valid UTF-8: controls and breaks become blanks, what turns the direction of writing or is not seen is taken
 * out, what is no UTF-8 becomes U+FFFD; of more than max bytes whole characters are kept, and "…". */
void mail_clean(struct buf *out, const char *text, size_t max);
/* "Name: value" of cleaned text, encoded where it must be (RFC 2047) and folded (RFC 5322, 2.2.3). */
void mail_put_header(struct buf *out, const char *name, const char *value);
/* "Name: Ada <a@b>"; display may be "". */
void mail_put_mailbox(struct buf *out, const char *name, const char *display, const char *address);
void mail_put_html(struct buf *out, const char *text);           /* escaped, also for attributes in double quotes */
/* Lines end by CRLF, as the wire has them. */
char *mail_crlf(struct arena *a, const struct buf *text);

/* ---- mail_kinds.c ---- */

#define MAIL_FACTS 6
struct mail_kind {
	const char *subject;                     /* templates, see mail_expand */
	const char *one, *many;                  /* in a digest's subject: "1 run failed", "runs failed" behind a number */
	const char *group, *line;                /* in a digest: heading, and what stands behind the time */
	const char *advice, *group_advice;       /* what to do: about one alone; below a group, where the lines do not say it */
	struct { const char *label, *value; } facts[MAIL_FACTS];   /* of one alone; value NULL ends them */
};
extern const struct mail_kind mail_kinds[NOTE__MAX];
/* The order in a digest: what asks for something to be done first. */
extern const enum notification mail_order[NOTE__MAX];

struct mail_note {
	const struct notification_row *row;
	struct json_object *payload;             /* NULL: it is no JSON object */
	const struct zone *zone;
};
/* {field} is a field's text, and [part] is left out when one of its fields is empty. false: there was an empty field
 * outside of brackets. */
bool mail_expand(struct buf *out, const char *template, const struct mail_note *note);

/* ---- mail_when.c ---- */

void mail_put_time(struct buf *out, const struct zone *z, int64_t ms);        /* 30 November 2026, 14:05 */
void mail_put_short_time(struct buf *out, const struct zone *z, int64_t ms);  /* 30 Nov 14:05 */
void mail_put_date(struct buf *out, const struct zone *z, int64_t ms);        /* RFC 5322, 3.3 */
void mail_put_month(struct buf *out, const char *month);                      /* of "2026-11": November 2026 */

/* ---- mail_html.c ---- */

struct mail_page {
	const char *brand, *public_url, *unsubscribe_url;    /* unsubscribe_url NULL: none */
	const char *title;
	const char *footer;                                  /* a sentence */
};
void mail_html_open(struct buf *out, const struct mail_page *p);
void mail_html_close(struct buf *out, const struct mail_page *p);
void mail_html_paragraph(struct buf *out, const char *text);
void mail_html_heading(struct buf *out, const char *text);
void mail_html_row(struct buf *out, const char *label, const char *value);   /* between rows_open and rows_close */
void mail_html_rows_open(struct buf *out);
void mail_html_rows_close(struct buf *out);

#endif
