/* What email-triage decides. */
#include <stdio.h>
#include <string.h>

#include "agents_fixture.h"
#include "agents_suites.h"

/* The samples with no rule but the seed's; their order is that of the files. */
static const struct { const char *id, *category, *action; bool urgent; } samples[] = {
	{"01-outage", "urgent", "none", true},
	{"02-figures", "needs_reply", "none", false},
	{"03-customer", "needs_reply", "none", false},
	{"04-newsletter", "newsletter", "archive", false},
	{"05-digest", "newsletter", "archive", false},
	{"06-promotion", "promotion", "archive", false},
	{"07-ci", "notification", "archive", false},
	{"08-forge", "notification", "archive", false},
	{"09-invitation", "needs_reply", "none", false},
	{"10-invoice", "notification", "none", false},
	{"11-phishing", "suspicious", "none", false},
	{"12-spam", "spam", "archive", false},
	{"13-thread-first", "needs_reply", "none", false},
	{"14-thread-second", "needs_reply", "none", false},
	{"15-german", "needs_reply", "none", false},
	{"16-hindi", "fyi", "none", false},
	{"17-contract", "needs_reply", "none", false},
	{"18-shipped", "notification", "archive", false},
	{"19-office", "fyi", "none", false},
	{"20-sign-in", "notification", "none", false},
};

static void the_samples_are_sorted_as_expected(void)
{
	struct json_object *out;
	char dir[FX_PATH];
	unsigned i;

	fx_samples(dir);
	out = fx_run("email-triage", "{\"dry_run\":true}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	for (i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct json_object *m = fx_mail(out, samples[i].id);

		if (strcmp(fx_text(m, "category"), samples[i].category) != 0 || strcmp(fx_text(m, "action"), samples[i].action) != 0)
			fprintf(stderr, "%s: %s, %s\n", samples[i].id, fx_text(m, "category"), fx_text(m, "action"));
		CU_ASSERT_STRING_EQUAL(fx_text(m, "category"), samples[i].category);
		CU_ASSERT_STRING_EQUAL(fx_text(m, "action"), samples[i].action);
		CU_ASSERT_EQUAL(json_object_get_boolean(fx_get(m, "urgent")), samples[i].urgent);
		CU_ASSERT_TRUE(fx_length(m, "reasons") > 0);
	}
	CU_ASSERT_STRING_EQUAL(fx_host.summary, "Triaged 20 emails | 1 urgent | 7 archived (dry run)");
	CU_ASSERT_EQUAL(fx_int(out, "inbox_stats.total"), 20);
	CU_ASSERT_EQUAL(fx_int(out, "inbox_stats.needs_reply"), 7);
	CU_ASSERT_EQUAL(fx_int(out, "inbox_stats.by_category.notification"), 5);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "engine_used"), "builtin");
	json_object_put(out);
	fx_remove(dir);
}

static void the_newest_come_first(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	out = fx_run("email-triage", "{\"dry_run\":true,\"max_emails\":3}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(fx_length(out, "triaged"), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(fx_text(out, "triaged.0.id"), "01-outage"));
	CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.received_at"), "2026-03-02T08:00:00Z");
	json_object_put(out);
	fx_remove(dir);
}

static void deadlines_are_told(void)
{
	struct json_object *out;
	char dir[FX_PATH];

	fx_samples(dir);
	out = fx_run("email-triage", "{\"dry_run\":true,\"timezone\":\"Europe/Berlin\"}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	/* "by Friday", written on Monday; the day ends in Berlin */
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "02-figures"), "deadline"), "2026-03-06T22:59:59Z");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "04-newsletter"), "deadline"), "null");
	json_object_put(out);
	/* the same on the day before it is due */
	out = fx_run("email-triage", "{\"dry_run\":true,\"reference_time\":\"2026-03-06T08:00:00Z\"}");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "02-figures"), "category"), "urgent");
	json_object_put(out);
	fx_remove(dir);
}

static void the_seeds_rule_flags_its_sender(void)
{
	struct json_object *out, *m;

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"rules\":[\"Flag anything from @techcorp.com as urgent\",\"Sing a song\"],\"emails\":["
	             "{\"from\":\"Bob <bob@techcorp.com>\",\"subject\":\"Minutes\",\"body\":\"Here are the minutes.\"},"
	             "{\"from\":\"Eve <eve@techcorp.com.example>\",\"subject\":\"Minutes\",\"body\":\"Here are the minutes.\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	m = fx_get(out, "triaged.0");
	CU_ASSERT_STRING_EQUAL(fx_text(m, "category"), "urgent");
	CU_ASSERT_EQUAL(fx_int(m, "matched_rule"), 0);
	CU_ASSERT_STRING_EQUAL(fx_text(m, "reasons.0"), "your rule: Flag anything from @techcorp.com as urgent");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_get(out, "triaged.1"), "category"), "fyi");
	CU_ASSERT_PTR_NULL(fx_get(out, "triaged.1.matched_rule"));
	CU_ASSERT_EQUAL(fx_length(out, "rules_unparsed"), 1);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "rules_unparsed.0"), "Sing a song");
	json_object_put(out);
}

/* Given a conversation whose newest mail says that all is done. */
static void a_conversation_gets_one_decision(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage",
	             "{\"emails\":["
	             "{\"id\":\"old\",\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Figures\",\"date\":\"2026-03-01T08:00:00Z\","
	             "\"body\":\"Could you send me the figures?\",\"headers\":{\"Message-ID\":\"<1@x.org>\"}},"
	             "{\"id\":\"new\",\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Re: Figures\",\"date\":\"2026-03-02T08:00:00Z\","
	             "\"body\":\"I found them. Thanks, no action needed.\",\"headers\":{\"Message-ID\":\"<2@x.org>\",\"In-Reply-To\":\"<1@x.org>\"}},"
	             "{\"id\":\"other\",\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"Lunch\",\"date\":\"2026-03-02T07:00:00Z\","
	             "\"body\":\"Could you book a table?\"}]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "new"), "category"), "fyi");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "old"), "category"), "fyi");
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "old"), "thread_id"), fx_text(fx_mail(out, "new"), "thread_id"));
	CU_ASSERT_STRING_EQUAL(fx_text(fx_mail(out, "other"), "category"), "needs_reply");
	json_object_put(out);
}

static void everyday_mails_are_known(void)
{
	static const struct { const char *email, *category; } rows[] = {
		{"{\"from\":\"ann@x.org\",\"subject\":\"Lunch?\",\"body\":\"Do you have time on Tuesday?\"}", "needs_reply"},
		{"{\"from\":\"ann@x.org\",\"subject\":\"Photos\",\"body\":\"Here are the photos of our trip. It was great!\"}", "fyi"},
		{"{\"from\":\"it@x.org\",\"subject\":\"Mail server is down\",\"body\":\"Our mail server is down since 9:00. We need your"
		 " help immediately.\"}", "urgent"},
		{"{\"from\":\"shop@s.example\",\"subject\":\"50% off everything\",\"body\":\"Sale! Shop now and save up to 50%.\","
		 "\"headers\":{\"List-Unsubscribe\":\"<mailto:u@s.example>\"}}", "promotion"},
		{"{\"from\":\"no-reply@bank.example\",\"subject\":\"Your statement is ready\",\"body\":\"Your statement for February is"
		 " available.\"}", "notification"},
		{"{\"from\":\"MAILER-DAEMON@x.org\",\"subject\":\"Undelivered Mail\",\"body\":\"Your message could not be delivered.\"}",
		 "notification"},
		{"{\"from\":\"news@paper.example\",\"subject\":\"Morning briefing\",\"body\":\"Top stories of the day. Read more.\","
		 "\"headers\":{\"List-Id\":\"<b.paper.example>\",\"List-Unsubscribe\":\"<mailto:u@p>\"}}", "newsletter"},
		{"{\"from\":\"Amazon <service@amaz0n-account.example>\",\"subject\":\"Verify your account\",\"body\":\"Unusual activity."
		 " Verify your account within 24 hours.\",\"headers\":{\"Authentication-Results\":\"mx; dmarc=fail\"}}", "suspicious"},
		{"{\"from\":\"Barrister John <john@mail.example>\",\"subject\":\"INHERITANCE\",\"body\":\"Dear friend, the late president"
		 " left 12 million dollars and you are the beneficiary. Transfer the funds. Act now. You have been selected.\"}", "spam"},
		{"{\"from\":\"list@x.org\",\"subject\":\"[dev] Question\",\"body\":\"Has anyone tried version 2?\",\"headers\":"
		 "{\"List-Id\":\"<dev.x.org>\",\"List-Post\":\"<mailto:dev@x.org>\",\"Precedence\":\"list\"}}", "fyi"},
		{"{}", "fyi"},
		{"{\"from\":\"\",\"subject\":\"\",\"body\":\"\"}", "fyi"},
	};
	char input[1500];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *out;

		fx_host_reset();
		snprintf(input, sizeof input, "{\"emails\":[%s]}", rows[i].email);
		out = fx_run("email-triage", input);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		if (strcmp(fx_text(out, "triaged.0.category"), rows[i].category) != 0)
			fprintf(stderr, "%s: %s %s\n", rows[i].email, fx_text(out, "triaged.0.category"),
			        fx_text(out, "triaged.0.reasons"));
		CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), rows[i].category);
		json_object_put(out);
	}
}

/* What is said of trouble counts, not that its word is there. */
static void only_what_presses_is_urgent(void)
{
	static const struct { const char *subject, *body, *category; } rows[] = {
		{"Not urgent", "No hurry, whenever you have time: can you look at this?", "needs_reply"},
		{"Slides", "This isn't urgent at all, but could you check them? Nicht dringend.", "needs_reply"},
		{"Urgent", "This is urgent: can you look at this?", "urgent"},
		{"Urgent", "I do not know why. It is urgent, can you look at this?", "urgent"},
		{"Re: outage", "The outage of yesterday is fixed. All good.", "fyi"},
		{"[RESOLVED] Site is down", "The site was unreachable, an outage of 10 minutes.", "fyi"},
		{"Ausfall", "Der Ausfall ist behoben.", "fyi"},
		{"Re: outage", "The outage is not fixed.", "urgent"},
		{"Outage", "Call me when it is fixed.", "urgent"},
		{"Outage", "Is it fixed?", "urgent"},
		{"Outage", "The first one is fixed. Now the checkout is broken.", "urgent"},
		{"Outage", "It is fixed, but customers cannot log in.", "urgent"},
		{"Data breach notice", "Dear all, the course on data breach law starts Monday.", "fyi"},
		{"Ransomware", "The webinar about ransomware was great.", "fyi"},
		{"Ransomware", "Ransomware runs on the file server.", "urgent"},
	};
	char input[500];
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *out;

		fx_host_reset();
		snprintf(input, sizeof input, "{\"emails\":[{\"from\":\"ann@x.org\",\"to\":[\"sam@y.org\"],\"subject\":\"%s\",\"body\":\"%s\"}]}",
		         rows[i].subject, rows[i].body);
		out = fx_run("email-triage", input);
		CU_ASSERT_PTR_NOT_NULL_FATAL(out);
		if (strcmp(fx_text(out, "triaged.0.category"), rows[i].category) != 0)
			fprintf(stderr, "%s: %s: %s %s\n", rows[i].subject, rows[i].body, fx_text(out, "triaged.0.category"),
			        fx_text(out, "triaged.0.reasons"));
		CU_ASSERT_STRING_EQUAL(fx_text(out, "triaged.0.category"), rows[i].category);
		json_object_put(out);
	}
}

static void wrong_input_is_named(void)
{
	static const struct { const char *input, *field; } rows[] = {
		{"{\"query\":\"in:archive\"}", "input_payload.query"},
		{"{\"timezone\":\"Mars/Olympus\",\"emails\":[]}", "input_payload.timezone"},
		{"{\"vip_senders\":[\"Ann Lee\"],\"emails\":[]}", "input_payload.vip_senders[0]"},
		{"{\"query\":\"blah\",\"emails\":[]}", "input_payload.query"},
		{"{\"emails\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"a\"}]}", "input_payload.emails[2].id"},
		{"{\"emails\":[{\"id\":\"email:1\"},{}]}", "input_payload.emails[1].id"},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		fx_host_reset();
		CU_ASSERT_PTR_NULL(fx_run("email-triage", rows[i].input));
		CU_ASSERT_EQUAL(fx_host.error.code, ERR_INVALID_INPUT);
		CU_ASSERT_STRING_EQUAL(fx_host.error.field, rows[i].field);
		CU_ASSERT_FALSE(fx_host.error.retryable);
	}
}

/* What the schema accepts and a run could not use. */
static void what_a_run_cannot_use_is_refused_before_it(void)
{
	static const struct { const char *input, *field; } rows[] = {
		{"{\"timezone\":\"Mars/Olympus\"}", "input_payload.timezone"},
		{"{\"timezone\":\"../../etc/passwd\"}", "input_payload.timezone"},
		{"{\"query\":\"colour:red\"}", "input_payload.query"},
		{"{\"query\":\"newer_than:x\"}", "input_payload.query"},
		{"{\"reference_time\":\"tomorrow\"}", "input_payload.reference_time"},
		{"{\"vip_senders\":[\"ann@x.org\",\"Ann\"]}", "input_payload.vip_senders[1]"},
		{"{\"rules\":[1]}", "input_payload.rules"},
		{"{\"timezone\":\"Europe/Berlin\",\"query\":\"in:inbox from:ann older_than:2d\"}", ""},
		{"{}", ""},
	};
	const struct manifest *m = fx_manifest("email-triage");
	unsigned i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m->check);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct json_object *input = json_tokener_parse(rows[i].input);
		struct error err = {0};

		CU_ASSERT_EQUAL(m->check(input, &err), *rows[i].field == '\0');
		CU_ASSERT_STRING_EQUAL(err.field, rows[i].field);
		if (*rows[i].field)
			CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
		json_object_put(input);
	}
}

static void a_model_that_is_not_there_is_told(void)
{
	struct json_object *out;

	fx_host_reset();
	out = fx_run("email-triage", "{\"engine\":\"llm\",\"language\":\"de\",\"apply\":{\"draft_replies\":true},\"emails\":[]}");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_STRING_EQUAL(fx_text(out, "engine_used"), "builtin");
	CU_ASSERT_TRUE(fx_warned(out, "MODEL_NOT_CONFIGURED"));
	CU_ASSERT_TRUE(fx_warned(out, "LANGUAGE_NOT_AVAILABLE"));
	CU_ASSERT_TRUE(fx_warned(out, "DRAFTS_NOT_AVAILABLE"));
	json_object_put(out);
}

static CU_TestInfo tests[] = {
	{"the samples are sorted as expected", the_samples_are_sorted_as_expected},
	{"the newest come first", the_newest_come_first},
	{"deadlines are told, and make urgent when near", deadlines_are_told},
	{"the seed's rule flags its sender", the_seeds_rule_flags_its_sender},
	{"a conversation gets one decision", a_conversation_gets_one_decision},
	{"everyday mails are known", everyday_mails_are_known},
	{"only what presses is urgent", only_what_presses_is_urgent},
	{"wrong input is named", wrong_input_is_named},
	{"what a run cannot use is refused before it", what_a_run_cannot_use_is_refused_before_it},
	{"a model that is not there is told", a_model_that_is_not_there_is_told},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_suite = {"triage", NULL, NULL, NULL, NULL, tests};
