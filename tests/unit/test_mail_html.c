/* HTML as a reader sees it (integrations/mail_html.h). */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "integrations/mail_html.h"

static const char *text_of(const char *html, struct buf *b)
{
	buf_init(b, 1 << 20);
	html_text(html, strlen(html), b, NULL, NULL);
	return buf_str(b);
}

static void check(const char *html, const char *expected)
{
	struct buf b;
	const char *text = text_of(html, &b);

	if (strcmp(text, expected) != 0)
		fprintf(stderr, "%s\n gave \"%s\"\n not  \"%s\"\n", html, text, expected);
	CU_ASSERT_STRING_EQUAL(text, expected);
	buf_release(&b);
}

static void blocks_become_lines(void)
{
	check("<p>One</p><p>two &amp; three</p>", "One\n\ntwo & three");
	check("<div>One</div><div>two</div>", "One\ntwo");
	check("a<br>b<br><br>c", "a\nb\n\nc");
	check("<ul><li>One</li><li>two</li></ul>", "- One\n- two");
	check("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc");
	check("  many\n   blanks\t here ", "many blanks here");
	check("<h1>Title</h1>text <b>bold</b>ly", "Title\ntext boldly");
}

static void what_is_hidden_is_left_out(void)
{
	static const char *const hidden[] = {
		"<div style=\"display:none\">X</div>", "<div style='DISPLAY : NONE !important'>X</div>",
		"<p hidden>X</p>", "<span style='visibility:hidden'>X</span>", "<span style='font-size:0'>X</span>",
		"<span style='font-size:1px'>X</span>", "<span style='opacity:0'>X</span>",
		"<div style='max-height:0;overflow:hidden'>X</div>", "<div style='mso-hide:all'>X</div>",
		"<div style='position:absolute;left:-9999px'>X</div>", "<div style='text-indent:-9999px'>X</div>",
		"<span style='color:transparent'>X</span>", "<script>X</script>", "<style>X</style>", "<!-- X -->",
		"<noscript>X</noscript>", "<template>X</template>", "<title>X</title>", "<textarea>X</textarea>",
		"<style>.ph{display:none}</style><div class='a ph'>X</div>",
		"<style>td.a, div#ph {color:red; display: none}</style><div id=ph>X</div>",
		"<div style=\"display:none\"><p>X <b>X</b></p><table><tr><td>X</td></tr></table></div>",
		"<svg><text>X</text></svg>", "<select><option>X</option></select>",
	};
	char html[400];
	unsigned i;

	for (i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		struct buf b;

		snprintf(html, sizeof html, "<html><body>before %s after</body></html>", hidden[i]);
		if (strchr(text_of(html, &b), 'X'))
			fprintf(stderr, "seen: %s\n", hidden[i]);
		CU_ASSERT_PTR_NULL(strchr(buf_str(&b), 'X'));
		CU_ASSERT_PTR_NOT_NULL(strstr(buf_str(&b), "after"));
		buf_release(&b);
	}
}

static void what_is_seen_stays(void)
{
	check("<div style='font-size:0'><div style='font-size:13px'>Seen</div>not</div>", "Seen");
	check("<style>@media (max-width:600px){.w{display:none}}</style><p class=w>Seen</p>", "Seen");
	check("<style>.a .b{display:none}</style><p class=b>Seen</p>", "Seen");
	check("<div style='max-height:100px;opacity:0.9;left:-5px'>Seen</div>", "Seen");
	check("<p style='display:block'>Seen</p>", "Seen");
}

static void quotations_are_marked(void)
{
	check("<p>Yes</p><blockquote><p>Can you?</p><p>Ann</p></blockquote><p>Bob</p>", "Yes\n\n> Can you?\n\n> Ann\n\nBob");
}

/* As the HTML Standard's tokenizer does, so as a reader's program shows it. */
static void markup_is_told_from_text(void)
{
	check("a < b and 3 <4 <- no", "a < b and 3 <4 <- no");
	check("a<!-- x -->b<!-->c<!--->d<!-- x --!>e", "abcde");
	check("a<!DOCTYPE html><?php x ?>b</ x>c", "abc");
	check("a<b title='x > y'>b</b><i x=\"</i>\">c</i>", "abc");
	check("a<script>if (1<2) '</b>'</script>b<script>x", "ab");
	check("<textarea><b>x</textarea>a<title><p>x</title>b", "ab");
	check("a<span style='display:none", "a");
	check("<p/>a<br/>b</p>", "a\nb");
	check("<A HREF=x>a</A><DIV>b</DIV>", "a\nb");
	check("<p style='display:block' style='display:none'>the first counts</p>", "the first counts");
}

static void character_references_are_decoded(void)
{
	check("&lt;b&gt; &quot;x&quot; &amp;amp; &eacute;&euro;&#8364;&#x20AC;&#128;", "<b> \"x\" &amp; é€€€€");
	check("AT&T &unknown; &copy 2025 &euro 5 &#; &#x;", "AT&T &unknown; © 2025 &euro 5 &#; &#x;");
	check("&#0;&#xD800;&#x110000;&#99999999999999999999;", "����");
}

/* What ends is what was begun, or what a new beginning ends; never what stands around a table's cell. */
static void tags_close_what_they_close(void)
{
	check("<p style='display:none'>X<p>seen", "seen");
	check("<p style='display:none'>X<div>seen</div>", "seen");
	check("<ul><li style='display:none'>X<li>seen</ul>", "- seen");
	check("<table><tr><td style='display:none'>X<td>seen<tr><td>too</table>", "seen\ntoo");
	check("<div style='display:none'>X<b>X</div>seen", "seen");
	check("<div style='display:none'><table><tr><td>X</div>X</td></tr></table>X</div>seen", "seen");
	check("</div></p>seen", "seen");
	check("<head><title>x</title><meta x><p>seen", "seen");
	check("<head><style>x</style>seen", "seen");
}

struct links { char text[200], href[200]; unsigned n; };

static void note_link(void *ctx, const char *text, size_t n, const char *href)
{
	struct links *l = ctx;

	snprintf(l->text, sizeof l->text, "%.*s", (int)n, text);
	snprintf(l->href, sizeof l->href, "%s", href);
	l->n++;
}

static void links_are_told_with_what_they_show(void)
{
	static const char html[] = "<p>Go to <a href='http://evil.example/x'>www.<b>bank</b>.example</a> now</p>"
	                           "<a style='display:none' href='http://y/'>no</a>";
	struct links l = {.n = 0};
	struct buf b;

	buf_init(&b, 1000);
	html_text(html, strlen(html), &b, note_link, &l);
	CU_ASSERT_EQUAL(l.n, 1);
	CU_ASSERT_STRING_EQUAL(l.text, "www.bank.example");
	CU_ASSERT_STRING_EQUAL(l.href, "http://evil.example/x");
	buf_release(&b);
}

/* Under AddressSanitizer: the name is longer than those that it begins like. */
static void a_name_with_a_nul_is_nobodys(void)
{
	static const char html[] = "one <a\0bcdefghijklmnop>two <div\0xxxxxxxxxxxxxxxx>three";
	struct buf b;

	buf_init(&b, 1000);
	html_text(html, sizeof html - 1, &b, NULL, NULL);
	CU_ASSERT_STRING_EQUAL(buf_str(&b), "one two three");
	buf_release(&b);
}

static CU_TestInfo tests[] = {
	{"a name with a NUL is nobody's", a_name_with_a_nul_is_nobodys},
	{"blocks become lines", blocks_become_lines},
	{"what is hidden is left out", what_is_hidden_is_left_out},
	{"what is seen stays", what_is_seen_stays},
	{"quotations are marked", quotations_are_marked},
	{"markup is told from text", markup_is_told_from_text},
	{"character references are decoded", character_references_are_decoded},
	{"tags close what they close", tags_close_what_they_close},
	{"links are told with what they show", links_are_told_with_what_they_show},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo mail_html_suite = {"HTML", NULL, NULL, NULL, NULL, tests};
