/* The HTML of mails: tables and styles in place, as mail clients know them, readable on light and on dark. */
#include "core/mail_priv.h"

#define FONT "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

/* Colours stand in classes beside the styles in place: a client that knows prefers-color-scheme takes the dark ones, one
 * that turns colours itself turns both of a pair. */
static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\">\n"
	"<style>@media (prefers-color-scheme: dark) {\n"
	".page{background:#16181d!important} .card{background:#22252c!important;border-color:#3a3f4a!important}\n"
	".ink{color:#e8eaee!important} .pale{color:#a4abb8!important} .link{color:#8ab4ff!important}\n"
	"}</style>\n<title>";

void mail_html_open(struct buf *out, const struct mail_page *p)
{
	buf_adds(out, head);
	mail_put_html(out, p->title);
	buf_adds(out, "</title></head>\n<body class=\"page\" style=\"margin:0;padding:0;background:#f3f4f6\">\n"
	         "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" class=\"page\""
	         " style=\"background:#f3f4f6\"><tr><td align=\"center\" style=\"padding:24px 12px\">\n"
	         "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" class=\"card\""
	         " style=\"max-width:600px;background:#ffffff;border:1px solid #dfe2e8;border-radius:8px\">\n"
	         "<tr><td class=\"pale\" style=\"padding:20px 24px 0;" FONT ";font-size:13px;font-weight:600;color:#5c6470\">");
	mail_put_html(out, p->brand);
	buf_adds(out, "</td></tr>\n<tr><td class=\"ink\" style=\"padding:4px 24px 20px;" FONT
	         ";font-size:15px;line-height:1.5;color:#1c2027\">\n"
	         "<h1 class=\"ink\" style=\"margin:0 0 16px;font-size:20px;line-height:1.3;color:#1c2027;word-break:break-word\">");
	mail_put_html(out, p->title);
	buf_adds(out, "</h1>\n");
}

static void put_link(struct buf *out, const char *url, const char *text)
{
	buf_adds(out, "<a class=\"link\" style=\"color:#1a56c4\" href=\"");
	mail_put_html(out, url);
	buf_adds(out, "\">");
	mail_put_html(out, text);
	buf_adds(out, "</a>");
}

void mail_html_close(struct buf *out, const struct mail_page *p)
{
	buf_adds(out, "<p style=\"margin:20px 0 0\">");
	put_link(out, p->public_url, p->public_url);
	buf_adds(out, "</p>\n</td></tr></table>\n"
	         "<p class=\"pale\" style=\"max-width:600px;margin:12px auto 0;" FONT
	         ";font-size:12px;line-height:1.5;color:#5c6470\">");
	mail_put_html(out, p->footer);
	if (p->unsubscribe_url) {
		buf_addc(out, ' ');
		put_link(out, p->unsubscribe_url, "No more mails like this one");
	}
	buf_adds(out, "</p>\n</td></tr></table>\n</body></html>\n");
}

void mail_html_paragraph(struct buf *out, const char *text)
{
	buf_adds(out, "<p style=\"margin:0 0 12px\">");
	mail_put_html(out, text);
	buf_adds(out, "</p>\n");
}

void mail_html_heading(struct buf *out, const char *text)
{
	buf_adds(out, "<h2 class=\"ink\" style=\"margin:20px 0 6px;font-size:15px;color:#1c2027\">");
	mail_put_html(out, text);
	buf_adds(out, "</h2>\n");
}

void mail_html_rows_open(struct buf *out)
{
	buf_adds(out, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\">\n");
}

void mail_html_row(struct buf *out, const char *label, const char *value)
{
	buf_adds(out, "<tr><td class=\"pale\" valign=\"top\" style=\"padding:3px 16px 3px 0;white-space:nowrap;" FONT
	         ";font-size:13px;line-height:1.5;color:#5c6470\">");
	mail_put_html(out, label);
	buf_adds(out, "</td><td class=\"ink\" style=\"padding:3px 0;word-break:break-word;" FONT
	         ";font-size:14px;line-height:1.5;color:#1c2027\">");
	mail_put_html(out, value);
	buf_adds(out, "</td></tr>\n");
}

void mail_html_rows_close(struct buf *out)
{
	buf_adds(out, "</table>\n");
}
