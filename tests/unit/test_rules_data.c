/* Rules as people write them, with mails that they must and must not meet (tests/quality/data/rules-*.json), given to
 * email-triage as a run gets them. Each file: [{rule, understandable, mails: [{mail, applies, effect}], nearest?}]. */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/buf.h"
#include "base/json.h"

#define OWNER     "maya@raostudio.example"
#define REFERENCE "2026-11-25T12:00:00Z"

struct tally { unsigned right, unparsed, wrong; };

static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v = member(o, key);

	return v ? json_object_get_string(v) : "";
}

static struct json_object *read_file(const char *name)
{
	struct json_object *out = NULL;
	struct error err = {0};
	char path[500], *bytes = malloc(1u << 20);
	size_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", QUALITY_DATA, name);
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(bytes, 1, 1u << 20, f);
	fclose(f);
	if (!json_read(bytes, n, JSON_DEPTH_MAX, &out, NULL, NULL, &err))
		fprintf(stderr, "%s: %s\n", name, err.message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	free(bytes);
	return out;
}

/* ---- Mails ---- */

/* Attachments, other types and read mails cannot be given inline. */
static bool needs_mailbox(struct json_object *mail)
{
	struct json_object *attachments = member(mail, "attachments"), *headers = member(mail, "headers");

	return (attachments && json_object_array_length(attachments) > 0) || member(mail, "unread") ||
	       (headers && member(headers, "Content-Type"));
}

static void put_list(struct buf *b, const char *name, struct json_object *list)
{
	size_t i, n = list ? json_object_array_length(list) : 0;

	for (i = 0; i < n; i++)
		buf_addf(b, "%s%s", i ? ", " : name, json_object_get_string(json_object_array_get_idx(list, i)));
	if (n > 0)
		buf_addc(b, '\n');
}

static void put_raw(struct buf *b, struct json_object *mail)
{
	struct json_object *headers = member(mail, "headers"), *files = member(mail, "attachments"),
		*date = member(mail, "date");
	size_t i, n = files ? json_object_array_length(files) : 0;
	const char *type = headers && member(headers, "Content-Type") ? text(headers,
		"Content-Type") : "application/octet-stream";
	struct json_object_iterator at, end;

	buf_addf(b, "From: %s\nSubject: %s\n", text(mail, "from"), text(mail, "subject"));
	if (date)
		buf_addf(b, "Date: %s\n", json_object_get_string(date));
	put_list(b, "To: ", member(mail, "to"));
	put_list(b, "Cc: ", member(mail, "cc"));
	if (headers) {
		end = json_object_iter_end(headers);
		for (at = json_object_iter_begin(headers); !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
			if (n == 0 || strcmp(json_object_iter_peek_name(&at), "Content-Type") != 0)
				buf_addf(b, "%s: %s\n", json_object_iter_peek_name(&at),
				         json_object_get_string(json_object_iter_peek_value(&at)));
	}
	if (n == 0) {
		buf_addf(b, "\n%s\n", text(mail, "body"));
		return;
	}
	buf_addf(b,
	         "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n"
	         "Content-Type: text/plain; charset=utf-8\n\n%s\n",
	         text(mail, "body"));
	for (i = 0; i < n; i++)
		buf_addf(b, "--bb\nContent-Type: %s\nContent-Disposition: attachment; filename=\"%s\"\n\nx\n",
		         type, json_object_get_string(json_object_array_get_idx(files, i)));
	buf_adds(b, "--bb--\n");
}

static struct json_object *run_mailbox(struct json_object *input, struct json_object *mail)
{
	struct json_object *unread = member(mail, "unread"), *out;
	char path[FX_PATH];
	struct buf b;

	fx_maildir(path);
	buf_init(&b, 1u << 20);
	put_raw(&b, mail);
	fx_deliver(path, unread && !json_object_get_boolean(unread) ? "cur/1:2,S" : "cur/1:2,", buf_str(&b));
	buf_release(&b);
	fx_host_reset();
	fx_host.connected = true;
	snprintf(fx_host.kind, sizeof fx_host.kind, "maildir");
	snprintf(fx_host.path, sizeof fx_host.path, "%s", path);
	fx_host.address = OWNER;
	json_object_object_add(input, "query", json_object_new_string("in:inbox"));
	out = fx_run_object("email-triage", input);
	fx_remove(path);
	return out;
}

static struct json_object *run_inline(struct json_object *input, struct json_object *mail)
{
	struct json_object *emails = json_object_new_array(), *one = NULL, *headers;

	if (mail)
		json_object_deep_copy(mail, &one, NULL);
	else
		one = json_object_new_object();
	headers = member(one, "headers");
	if (!headers) {
		headers = json_object_new_object();
		json_object_object_add(one, "headers", headers);
	}
	json_object_object_add(headers, "Delivered-To", json_object_new_string(OWNER));
	json_object_object_del(one, "attachments");
	json_object_array_add(emails, one);
	json_object_object_add(input, "emails", emails);
	fx_host_reset();
	return fx_run_object("email-triage", input);
}

/* Nothing is archived or starred but by the rule, if there is one. */
static struct json_object *run(struct json_object *entry, const char *rule, struct json_object *mail)
{
	struct json_object *input = json_object_new_object(), *rules = json_object_new_array(), *out;

	if (rule)
		json_object_array_add(rules, json_object_new_string(rule));
	json_object_object_add(input, "rules", rules);
	json_object_object_add(input, "reference_time", json_object_new_string(REFERENCE));
	json_object_object_add(input, "archive_categories", json_object_new_array());
	json_object_object_add(input, "timezone", json_object_new_string("UTC"));
	if (member(entry, "vip_senders"))
		json_object_object_add(input, "vip_senders", json_object_get(member(entry, "vip_senders")));
	out = mail && needs_mailbox(mail) ? run_mailbox(input, mail) : run_inline(input, mail);
	json_object_put(input);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	return out;
}

/* ---- What must come out ---- */

/* Is it among the effects? label: of labels, none other may be. */
static bool has_effect(struct json_object *out, const char *kind, const char *label)
{
	struct json_object *all = fx_get(out, "effects");
	bool has = false;
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++) {
		struct json_object *e = json_object_array_get_idx(all, i);

		if (strcmp(text(e, "kind"), kind) != 0)
			continue;
		if (label && strcmp(text(e, "label"), label) != 0)
			return false;
		has = true;
	}
	return has;
}

/* What a mail of this category is labelled as when no rule says so: "needs_reply" as "Agentiv/Needs reply". */
static const char *usual_label(const char *category)
{
	static char label[64];
	char *p;

	snprintf(label, sizeof label, "Agentiv/%s", category);
	p = strchr(label, '/') + 1;
	*p += 'A' - 'a';
	for (; *p; p++)
		if (*p == '_')
			*p = ' ';
	return strcmp(category, "fyi") == 0 ? NULL : label;
}

/* A Maildir has no labels: there only a rule's is among the effects, as skipped. */
static bool label_is(struct json_object *out, const char *expected, bool in_mailbox)
{
	char label[200];
	const char *usual = in_mailbox ? NULL : usual_label(fx_text(out, "triaged.0.category"));

	if (!*expected)
		return has_effect(out, "label", usual) == (usual != NULL);
	snprintf(label, sizeof label, "Agentiv/%s", expected);
	return has_effect(out, "label", label);
}

/* Urgency and category: what the file says, and otherwise what they are without the rule. A rule on one moves the other. */
static bool kind_is(struct json_object *out, struct json_object *without, struct json_object *effect)
{
	struct json_object *urgent = member(effect, "urgent"), *category = member(effect, "category");
	bool is_urgent = json_object_get_boolean(fx_get(out, "triaged.0.urgent"));
	const char *is = fx_text(out, "triaged.0.category");

	if (urgent && json_object_get_boolean(urgent) != is_urgent)
		return false;
	if (category)
		return strcmp(is, json_object_get_string(category)) == 0;
	if (!urgent && is_urgent != json_object_get_boolean(fx_get(without, "triaged.0.urgent")))
		return false;
	if (urgent && is_urgent != json_object_get_boolean(fx_get(without, "triaged.0.urgent")))
		return (strcmp(is, "urgent") == 0) == is_urgent;
	return strcmp(is, urgent && is_urgent ? "urgent" : fx_text(without, "triaged.0.category")) == 0;
}

/* All that is decided: what the file does not name must be as it is without the rule. */
static bool decides(struct json_object *out, struct json_object *without, struct json_object *expected)
{
	struct json_object *effect = member(expected, "effect"), *matched = fx_get(out, "triaged.0.matched_rule");
	bool applies = json_object_get_boolean(member(expected, "applies"));

	effect = applies ? effect : NULL;
	return applies == (matched != NULL) && kind_is(out, without, effect) &&
	       label_is(out, text(effect, "label"), needs_mailbox(member(expected, "mail"))) &&
	       has_effect(out, "star", NULL) == json_object_get_boolean(member(effect, "star")) &&
	       has_effect(out, "archive", NULL) == json_object_get_boolean(member(effect, "archive"));
}

/* The nearest form must be understood, and be what the file says if it says something. */
static bool is_helped(struct json_object *entry, struct json_object *out)
{
	struct json_object *nearest = fx_get(out, "rules_help.0.nearest"), *want = member(entry, "nearest"), *again;
	bool ok = *fx_text(out, "rules_help.0.problem") != '\0' && fx_int(out, "rules_help.0.index") == 0;

	if (want && strcmp(nearest ? json_object_get_string(nearest) : "", json_object_get_string(want)) != 0) {
		fprintf(stderr, "%s: nearest is %s\n", text(entry, "rule"), nearest ? json_object_get_string(nearest) : "none");
		return false;
	}
	if (!nearest)
		return ok;
	again = run(entry, json_object_get_string(nearest), NULL);
	ok = ok && fx_length(again, "rules_unparsed") == 0;
	json_object_put(again);
	return ok;
}

static void check(struct json_object *entry, struct tally *t)
{
	struct json_object *mails = member(entry, "mails"), *out = run(entry, text(entry, "rule"), NULL);
	struct json_object *without;
	bool understandable = json_object_get_boolean(member(entry, "understandable"));
	bool unparsed = fx_length(out, "rules_unparsed") == 1, ok = !unparsed || is_helped(entry, out);
	size_t i;

	json_object_put(out);
	for (i = 0; !unparsed && mails && i < json_object_array_length(mails); i++) {
		struct json_object *one = json_object_array_get_idx(mails, i);

		out = run(entry, text(entry, "rule"), member(one, "mail"));
		without = run(entry, NULL, member(one, "mail"));
		if (!decides(out, without, one)) {
			fprintf(stderr, "%s: mail %zu: %s\n", text(entry, "rule"), i,
			        json_object_to_json_string(fx_get(out, "triaged.0")));
			ok = false;
		}
		json_object_put(out);
		json_object_put(without);
	}
	if (unparsed != !understandable)
		fprintf(stderr, "%s: %s\n", text(entry, "rule"), unparsed ? "not understood" : "understood");
	if (!ok || (!unparsed && !understandable))
		t->wrong++;
	else if (unparsed && understandable)
		t->unparsed++;
	else
		t->right++;
}

/* most_unparsed: how many may be left to their author, with a problem and perhaps a nearest form. */
static void check_file(const char *name, unsigned least, unsigned most_unparsed)
{
	struct json_object *all = read_file(name);
	struct tally t = {0, 0, 0};
	size_t i;

	CU_ASSERT_TRUE(json_object_array_length(all) >= least);
	for (i = 0; i < json_object_array_length(all); i++)
		check(json_object_array_get_idx(all, i), &t);
	printf("\n    %s: %u right, %u unparsed, %u wrong ", name, t.right, t.unparsed, t.wrong);
	CU_ASSERT_TRUE(t.unparsed <= most_unparsed);
	CU_ASSERT_EQUAL(t.wrong, 0);
	json_object_put(all);
}

static void sixty_sentences(void)
{
	check_file("rules-60.json", 60, 0);
}

/* Written by somebody who had not seen the grammar. */
static void twenty_of_somebody_else(void)
{
	check_file("rules-20.json", 20, 1);
}

/* Twenty of another one who had not seen it either. */
static void twenty_again(void)
{
	check_file("rules-again.json", 20, 0);
}

/* And of a third. */
static void a_third_twenty(void)
{
	check_file("rules-third.json", 20, 0);
}

/* Of our own once more, as unlike those before as could be thought of. */
static void some_more(void)
{
	check_file("rules-more.json", 50, 1);
}

/* What is left out of a sentence, what it refers to, how far "not" and conditions reach, and what cannot be known. */
static void nothing_more_than_was_said(void)
{
	check_file("rules-borders.json", 50, 0);
}

static CU_TestInfo tests[] = {
	{"sixty sentences", sixty_sentences},
	{"twenty of somebody else", twenty_of_somebody_else},
	{"twenty again", twenty_again},
	{"a third twenty", a_third_twenty},
	{"some more", some_more},
	{"nothing more than was said", nothing_more_than_was_said},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo rules_data_suite = {"triage: rules and their mails", NULL, NULL, NULL, NULL, tests};
