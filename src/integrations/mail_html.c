/* From HTML to what a reader sees. Open elements are a stack, on which end tags and the tags that imply them (WHATWG HTML
 * 13.1.2.4) close what they close; text is written as it comes, unless one of them hides it. */
#include "integrations/mail_html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "integrations/mail_css.h"
#include "integrations/mail_html_elements.h"
#include "integrations/mail_html_scan.h"

#define TINY_PX   2
#define OPEN_MAX  256      /* deeper elements are not told from their parents */
#define VALUE_MAX 1024     /* bytes of an attribute that are looked at */

/* What a start tag ends, up to the nearest of what holds its kind. */
static const struct { enum html_tag start, ends[2]; const char *within[2]; } implied[] = {
	{EL_A, {EL_A, EL_A}, {"table", "table"}}, {EL_DD, {EL_DD, EL_DT}, {"dl", "dl"}}, {EL_DT, {EL_DD, EL_DT}, {"dl", "dl"}},
	{EL_LI, {EL_LI, EL_LI}, {"ul", "ol"}}, {EL_OPTION, {EL_OPTION, EL_OPTION}, {"select", "select"}},
	{EL_TD, {EL_TD, EL_TH}, {"table", "tr"}},
	{EL_TH, {EL_TD, EL_TH}, {"table", "tr"}}, {EL_TR, {EL_TR, EL_TR}, {"table", "table"}},
};

struct open {
	struct html_piece name;
	const struct html_element *element;   /* NULL: of no kind of its own */
	bool hides, sized, tiny;
	struct html_piece href;          /* of the link that is open */
	size_t link_start;
};

/* One walk over a page. */
struct walk {
	struct buf *out;
	struct buf text;                 /* a piece of text, decoded */
	size_t start;                    /* of the page in out */
	struct css_hidden hidden;        /* classes and ids that a style sheet hides */
	bool gap;                        /* white space before the next word */
	unsigned breaks;                 /* line ends before the next word */
	html_link_fn link;
	void *link_ctx;
	unsigned quoted;                 /* open blockquotes: their lines begin with "> " */
	unsigned hiding;                 /* open elements that hide */
	bool in_link;
	struct open open[OPEN_MAX];
	unsigned depth;
};

static bool has(const struct html_element *e, enum html_trait trait)
{
	return e && e->traits & trait;
}

static bool is_tag(const struct html_element *e, enum html_tag tag)
{
	return e && e->tag == tag;
}

static bool is_named(const struct open *o, const char *name)
{
	return o->name.n == strlen(name) && strncasecmp(o->name.p, name, o->name.n) == 0;
}

/* ---- Text ---- */

static void put_gap(struct walk *w)
{
	bool fresh = w->out->len == w->start;

	if (!fresh && w->breaks > 0) {
		buf_add(w->out, "\n\n", w->breaks > 1 ? 2 : 1);
		fresh = true;
	} else if (!fresh && w->gap) {
		buf_addc(w->out, ' ');
	}
	if (fresh && w->quoted > 0)
		buf_adds(w->out, "> ");
	w->gap = false;
	w->breaks = 0;
}

static bool all_blank(const struct html_piece *text)
{
	size_t i;

	for (i = 0; i < text->n; i++)
		if (!isspace((unsigned char)text->p[i]))
			return false;
	return true;
}

static size_t word_length(const char *p, const char *end)
{
	const char *stop = p;

	while (stop < end && !isspace((unsigned char)*stop))
		stop++;
	return (size_t)(stop - p);
}

static void put_words(struct walk *w, const char *p, const char *end)
{
	while (p < end) {
		size_t n = word_length(p, end);

		if (n > 0) {
			put_gap(w);
			buf_add(w->out, p, n);
		}
		p += n;
		for (; p < end && isspace((unsigned char)*p); p++)
			w->gap = true;
	}
}

/* A font size is inherited until a descendant sets another: layouts use 0 around what is seen. */
static bool is_tiny(const struct walk *w)
{
	unsigned i;

	for (i = w->depth; i > 0; i--)
		if (w->open[i - 1].sized)
			return w->open[i - 1].tiny;
	return false;
}

static void ask_break(struct walk *w, unsigned n)
{
	if (w->breaks < n)
		w->breaks = n;
}

/* ---- Elements ---- */

/* An attribute as text; NULL when it is absent. */
static const char *value_of(const struct html_token *t, enum html_attribute a, char out[VALUE_MAX])
{
	const struct html_piece *v = &t->attributes[a];
	size_t n = v->n < VALUE_MAX - 1 ? v->n : VALUE_MAX - 1;

	if (!v->p)
		return NULL;
	memcpy(out, v->p, n);
	out[n] = '\0';
	return out;
}

static bool hides(const struct walk *w, const struct html_token *t, const struct html_element *e)
{
	char style[VALUE_MAX], class[VALUE_MAX], id[VALUE_MAX], type[VALUE_MAX];

	if (has(e, EL_IS_UNSEEN) || t->attributes[HTML_HIDDEN].p)
		return true;
	if (value_of(t, HTML_STYLE, style) && css_hides(style, strlen(style)))
		return true;
	if (is_tag(e, EL_INPUT) && value_of(t, HTML_TYPE, type) && strcasecmp(type, "hidden") == 0)
		return true;
	return w->hidden.count > 0 && css_is_hidden(&w->hidden, value_of(t, HTML_CLASS, class), value_of(t, HTML_ID, id));
}

static void end_link(struct walk *w, const struct open *o)
{
	char href[2 * VALUE_MAX];
	struct buf b;

	w->in_link = false;
	if (!w->link || w->out->failed || w->out->len < o->link_start || !w->out->data)
		return;
	buf_init(&b, sizeof href);
	html_decode(&b, o->href.p, o->href.n < VALUE_MAX ? o->href.n : VALUE_MAX);
	w->link(w->link_ctx, w->out->data + o->link_start, w->out->len - o->link_start, buf_str(&b));
	buf_release(&b);
}

static void leave(struct walk *w)
{
	const struct open *o = &w->open[--w->depth];

	w->hiding -= o->hides;
	if (w->hiding > 0 || o->hides)
		return;
	if (has(o->element, EL_IS_BLOCK))
		ask_break(w, is_tag(o->element, EL_P) ? 2 : 1);
	if (is_tag(o->element, EL_BLOCKQUOTE))
		w->quoted--;
	if (o->href.p)
		end_link(w, o);
}

/* Ends all that was opened since, and the one at place. */
static void leave_to(struct walk *w, unsigned place)
{
	while (w->depth > place)
		leave(w);
}

/* What stands in a head that belongs to no head ends it (WHATWG HTML 13.2.6.4.4). */
static void end_head(struct walk *w, bool of_head)
{
	if (!of_head && w->depth > 0 && is_tag(w->open[w->depth - 1].element, EL_HEAD))
		leave_to(w, w->depth - 1);
}

static void put_text(struct walk *w, const struct html_piece *text)
{
	end_head(w, all_blank(text));
	if (w->hiding > 0 || is_tiny(w))
		return;
	if (!memchr(text->p, '&', text->n)) {
		put_words(w, text->p, text->p + text->n);
		return;
	}
	buf_reset(&w->text);
	html_decode(&w->text, text->p, text->n);
	put_words(w, buf_str(&w->text), buf_str(&w->text) + w->text.len);
}

static void close_implied(struct walk *w, const struct html_element *e)
{
	unsigned i, k;

	for (k = 0; k < sizeof implied / sizeof *implied; k++) {
		if (implied[k].start != e->tag)
			continue;
		for (i = w->depth; i > 0; i--) {
			const struct open *o = &w->open[i - 1];

			if (is_named(o, implied[k].within[0]) || is_named(o, implied[k].within[1]))
				break;
			if (o->element && (o->element->tag == implied[k].ends[0] || o->element->tag == implied[k].ends[1])) {
				leave_to(w, i - 1);
				break;
			}
		}
	}
	for (i = w->depth; (e->traits & EL_CLOSES_P) && i > 0 && !has(w->open[i - 1].element, EL_IS_SCOPE); i--)
		if (is_tag(w->open[i - 1].element, EL_P)) {
			leave_to(w, i - 1);
			break;
		}
}

/* What of an element is written before its content. */
static void enter(struct walk *w, const struct html_token *t, struct open *o)
{
	const struct html_element *e = o->element;

	if (is_tag(e, EL_BR))
		w->breaks += w->breaks < 2;
	else if (is_tag(e, EL_TD) || is_tag(e, EL_TH))
		w->gap = true;
	else if (has(e, EL_IS_BLOCK))
		ask_break(w, is_tag(e, EL_P) ? 2 : 1);
	if (is_tag(e, EL_LI)) {
		put_gap(w);
		buf_adds(w->out, "- ");
	}
	if (is_tag(e, EL_BLOCKQUOTE))
		w->quoted++;
	if (is_tag(e, EL_A) && !w->in_link && t->attributes[HTML_HREF].p) {
		put_gap(w);
		w->in_link = true;
		o->href = t->attributes[HTML_HREF];
		o->link_start = w->out->len;
	}
}

static void start_tag(struct walk *w, const struct html_token *t)
{
	struct open o = {.name = t->name, .element = html_element(&t->name)};
	char style[VALUE_MAX];
	double size;

	end_head(w, has(o.element, EL_OF_HEAD));
	if (o.element)
		close_implied(w, o.element);
	o.hides = hides(w, t, o.element);
	if (value_of(t, HTML_STYLE, style) && css_font_size(style, strlen(style), &size)) {
		o.sized = true;
		o.tiny = size < TINY_PX;
	}
	if (w->hiding == 0 && !o.hides)
		enter(w, t, &o);
	if (w->depth == OPEN_MAX && has(o.element, EL_IS_VOID))
		return;
	if (w->depth == OPEN_MAX)
		leave(w);
	w->open[w->depth++] = o;
	w->hiding += o.hides;
	if (has(o.element, EL_IS_VOID) || (t->closed && !o.element))
		leave(w);
}

static void end_tag(struct walk *w, const struct html_token *t)
{
	const struct html_element *e = html_element(&t->name);
	unsigned i;

	for (i = w->depth; i > 0; i--) {
		const struct open *o = &w->open[i - 1];

		if (o->name.n == t->name.n && strncasecmp(o->name.p, t->name.p, t->name.n) == 0) {
			leave_to(w, i - 1);
			return;
		}
		if (has(o->element, EL_IS_SCOPE) && !has(e, EL_IS_TABLE))
			return;
	}
}

void html_text(const char *html, size_t n, struct buf *out, html_link_fn link, void *ctx)
{
	struct walk *w = mem_zalloc(sizeof *w);
	struct html_scan s = {html, html + (n > HTML_SOURCE_MAX ? HTML_SOURCE_MAX : n)};
	struct html_token t;

	w->out = out;
	w->start = out->len;
	w->link = link;
	w->link_ctx = ctx;
	buf_init(&w->text, 2 * HTML_SOURCE_MAX);
	css_hidden_collect(&w->hidden, html, (size_t)(s.end - html));
	while (!out->failed && html_next(&s, &t)) {
		if (t.kind == HTML_TEXT)
			put_text(w, &t.text);
		else if (t.kind == HTML_START)
			start_tag(w, &t);
		else
			end_tag(w, &t);
	}
	leave_to(w, 0);
	buf_release(&w->text);
	mem_free(w);
}
