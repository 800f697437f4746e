/* From HTML to what a reader sees. gumbo's memory comes from a ledger of its own, so that a page
 * that costs too much memory or time is dropped (by a jump out of its allocator, which it expects
 * never to fail) and its tree is released without gumbo's recursion. */
#include "integrations/mail_html.h"

#include <ctype.h>
#include <gumbo.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "integrations/mail_css.h"

#define TINY_PX 2

/* Stands before what gumbo gets. */
struct chunk {
	_Alignas(max_align_t) struct chunk *next;
	struct chunk *previous;
	size_t size;
};

struct ledger {
	struct chunk head;      /* of a ring */
	size_t used;
	unsigned calls;
	int64_t until_us;
	jmp_buf full;
};

static void *ledger_take(void *data, size_t size)
{
	struct ledger *l = data;
	struct chunk *c;

	if (size > HTML_MEMORY_MAX || l->used + size + sizeof *c > HTML_MEMORY_MAX)
		longjmp(l->full, 1);
	if (++l->calls % 64 == 0 && clock_mono_us() > l->until_us)
		longjmp(l->full, 1);
	c = mem_alloc(sizeof *c + size);
	c->size = size + sizeof *c;
	c->next = l->head.next;
	c->previous = &l->head;
	c->next->previous = l->head.next = c;
	l->used += c->size;
	return c + 1;
}

static void ledger_give(void *data, void *p)
{
	struct ledger *l = data;
	struct chunk *c;

	if (!p)
		return;
	c = (struct chunk *)p - 1;
	c->next->previous = c->previous;
	c->previous->next = c->next;
	l->used -= c->size;
	mem_free(c);
}

static void ledger_release(struct ledger *l)
{
	while (l->head.next != &l->head)
		ledger_give(l, l->head.next + 1);
}

/* One walk over a page. */
struct walk {
	struct buf *out;
	size_t start;                    /* of the page in out */
	struct css_hidden hidden;        /* classes and ids that a style sheet hides */
	bool gap;                        /* white space before the next word */
	unsigned breaks;                 /* line ends before the next word */
	html_link_fn link;
	void *link_ctx;
	size_t link_start;
	const GumboNode *in_link;
	unsigned quoted;                 /* open blockquotes: their lines begin with "> " */
	struct sized *sizes;             /* open elements that set a font size, innermost last */
	size_t size_count, size_room;
};

struct sized { const GumboNode *node; bool tiny; };

static const GumboTag unseen_tags[] = {
	GUMBO_TAG_HEAD, GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT,
	GUMBO_TAG_OBJECT, GUMBO_TAG_IFRAME, GUMBO_TAG_SVG, GUMBO_TAG_MATH, GUMBO_TAG_TITLE,
	GUMBO_TAG_TEXTAREA, GUMBO_TAG_SELECT, GUMBO_TAG_DATALIST, GUMBO_TAG_AUDIO, GUMBO_TAG_VIDEO,
};

/* Elements that begin and end on lines of their own. */
static const GumboTag block_tags[] = {
	GUMBO_TAG_P, GUMBO_TAG_DIV, GUMBO_TAG_TR, GUMBO_TAG_TABLE, GUMBO_TAG_UL, GUMBO_TAG_OL,
	GUMBO_TAG_LI, GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3, GUMBO_TAG_H4, GUMBO_TAG_H5,
	GUMBO_TAG_H6, GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_PRE, GUMBO_TAG_SECTION, GUMBO_TAG_ARTICLE,
	GUMBO_TAG_HEADER, GUMBO_TAG_FOOTER, GUMBO_TAG_ADDRESS, GUMBO_TAG_DL, GUMBO_TAG_DT,
	GUMBO_TAG_DD, GUMBO_TAG_HR, GUMBO_TAG_FORM, GUMBO_TAG_CENTER, GUMBO_TAG_BODY,
};

static bool tag_in(GumboTag tag, const GumboTag *tags, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static const char *attribute(const GumboNode *node, const char *name)
{
	const GumboAttribute *a = gumbo_get_attribute(&node->v.element.attributes, name);

	return a ? a->value : NULL;
}

static bool is_seen(const struct walk *w, const GumboNode *node)
{
	const char *style, *type;

	if (tag_in(node->v.element.tag, unseen_tags, sizeof unseen_tags / sizeof *unseen_tags))
		return false;
	if (attribute(node, "hidden"))
		return false;
	style = attribute(node, "style");
	if (style && css_hides(style, strlen(style)))
		return false;
	type = attribute(node, "type");
	if (node->v.element.tag == GUMBO_TAG_INPUT && type && strcasecmp(type, "hidden") == 0)
		return false;
	return !css_is_hidden(&w->hidden, attribute(node, "class"), attribute(node, "id"));
}

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

/* A font size is inherited until a descendant sets another: layouts use 0 around what is seen. */
static bool is_tiny(const struct walk *w)
{
	return w->size_count > 0 && w->sizes[w->size_count - 1].tiny;
}

static void note_size(struct walk *w, const GumboNode *node)
{
	const char *style = attribute(node, "style");
	double size;

	if (!style || !css_font_size(style, strlen(style), &size))
		return;
	if (w->size_count == w->size_room) {
		w->size_room = w->size_room ? 2 * w->size_room : 16;
		w->sizes = mem_grow(w->sizes, w->size_room * sizeof *w->sizes);
	}
	w->sizes[w->size_count].node = node;
	w->sizes[w->size_count++].tiny = size < TINY_PX;
}

static void put_text(struct walk *w, const char *s)
{
	if (is_tiny(w))
		return;
	for (; *s; s++) {
		if (isspace((unsigned char)*s)) {
			w->gap = true;
			continue;
		}
		put_gap(w);
		buf_addc(w->out, *s);
	}
}

static void ask_break(struct walk *w, unsigned n)
{
	if (w->breaks < n)
		w->breaks = n;
}

static void enter(struct walk *w, const GumboNode *node)
{
	GumboTag tag = node->v.element.tag;

	if (tag == GUMBO_TAG_BR)
		w->breaks += w->breaks < 2;
	else if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH)
		w->gap = true;
	else if (tag_in(tag, block_tags, sizeof block_tags / sizeof *block_tags))
		ask_break(w, tag == GUMBO_TAG_P ? 2 : 1);
	if (tag == GUMBO_TAG_LI) {
		put_gap(w);
		buf_adds(w->out, "- ");
	}
	if (tag == GUMBO_TAG_BLOCKQUOTE)
		w->quoted++;
	note_size(w, node);
	if (tag == GUMBO_TAG_A && !w->in_link && attribute(node, "href")) {
		put_gap(w);
		w->in_link = node;
		w->link_start = w->out->len;
	}
}

static void leave(struct walk *w, const GumboNode *node)
{
	GumboTag tag = node->v.element.tag;

	if (tag_in(tag, block_tags, sizeof block_tags / sizeof *block_tags))
		ask_break(w, tag == GUMBO_TAG_P ? 2 : 1);
	if (tag == GUMBO_TAG_BLOCKQUOTE)
		w->quoted--;
	if (w->size_count > 0 && w->sizes[w->size_count - 1].node == node)
		w->size_count--;
	if (node != w->in_link)
		return;
	w->in_link = NULL;
	if (w->link && !w->out->failed && w->out->len >= w->link_start && w->out->data)
		w->link(w->link_ctx, w->out->data + w->link_start, w->out->len - w->link_start,
		        attribute(node, "href"));
}

static bool is_element(const GumboNode *node)
{
	return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

static const GumboNode *first_child(struct walk *w, const GumboNode *node)
{
	if (!is_element(node) || !is_seen(w, node))
		return NULL;
	enter(w, node);
	if (node->v.element.children.length == 0) {
		leave(w, node);
		return NULL;
	}
	return node->v.element.children.data[0];
}

/* The node after this one's subtree, leaving the elements that end on the way. */
static const GumboNode *after(struct walk *w, const GumboNode *node, const GumboNode *root)
{
	while (node != root) {
		const GumboNode *parent = node->parent;
		size_t next = node->index_within_parent + 1;

		if (next < parent->v.element.children.length)
			return parent->v.element.children.data[next];
		leave(w, parent);
		node = parent;
	}
	return NULL;
}

/* Without recursion: the tree is as deep as the mail's author wants. */
static void walk(struct walk *w, const GumboNode *root)
{
	const GumboNode *node = root;

	while (node && !w->out->failed) {
		const GumboNode *child = NULL;

		if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_CDATA)
			put_text(w, node->v.text.text);
		else if (node->type == GUMBO_NODE_WHITESPACE)
			w->gap = true;
		else
			child = first_child(w, node);
		node = child ? child : after(w, node, root);
	}
}

static size_t count_tags(const char *html, size_t n)
{
	const char *p = html, *end = html + n;
	size_t tags = 0;

	while ((p = memchr(p, '<', (size_t)(end - p))) != NULL && ++p < end)
		tags += isalpha((unsigned char)*p) != 0;
	return tags;
}

/* NULL when the page passes its bounds. */
static const GumboOutput *parse(struct ledger *l, const char *html, size_t n)
{
	GumboOptions options = kGumboDefaultOptions;

	options.allocator = ledger_take;
	options.deallocator = ledger_give;
	options.userdata = l;
	options.max_errors = 0;
	if (count_tags(html, n) > HTML_TAGS_MAX || setjmp(l->full) != 0)
		return NULL;
	return gumbo_parse_with_options(&options, html, n);
}

bool html_text(const char *html, size_t n, struct buf *out, html_link_fn link, void *ctx)
{
	struct walk *w = mem_zalloc(sizeof *w);
	struct ledger *l = mem_zalloc(sizeof *l);
	size_t size = n > HTML_SOURCE_MAX ? HTML_SOURCE_MAX : n;
	const GumboOutput *page;

	l->head.next = l->head.previous = &l->head;
	l->until_us = clock_mono_us() + HTML_TIME_MAX_US;
	page = parse(l, html, size);
	if (page) {
		w->out = out;
		w->start = out->len;
		w->link = link;
		w->link_ctx = ctx;
		css_hidden_collect(&w->hidden, html, size);
		walk(w, page->root);
	}
	ledger_release(l);
	mem_free(l);
	mem_free(w->sizes);
	mem_free(w);
	return page != NULL;
}
