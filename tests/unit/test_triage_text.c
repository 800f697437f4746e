/* Sentences, cues, deadlines and the guard (agents/email_triage_{text,cues,when,guard}.c). */
#include <stdio.h>
#include <string.h>

#include "agents/email_triage_cues.h"
#include "agents/email_triage_text.h"
#include "agents/email_triage_when.h"
#include "agents_fixture.h"
#include "agents_suites.h"
#include "base/clock.h"
#include "base/mem.h"

static unsigned count_sentences(const char *text)
{
	struct sentences *s = mem_zalloc(sizeof *s);
	struct arena a;
	unsigned n;

	arena_init(&a);
	sentences_add(s, &a, text, false);
	n = s->count;
	arena_release(&a);
	mem_free(s);
	return n;
}

static void sentences_end_where_people_end_them(void)
{
	CU_ASSERT_EQUAL(count_sentences("One. Two! Three? Four"), 4);
	CU_ASSERT_EQUAL(count_sentences("Dr. No met Mr. X on the 15. of May, e.g. at http://x.org/?a=b.c"), 1);
	CU_ASSERT_EQUAL(count_sentences("a line\nthat goes on\n\nanother\n- item\n- item"), 4);
	CU_ASSERT_EQUAL(count_sentences("नमस्ते। आप कैसे हैं? "), 2);
	CU_ASSERT_EQUAL(count_sentences("\n \n"), 0);
}

static void requests_are_told_from_formulas(void)
{
	static const struct { const char *text; bool request, question; } rows[] = {
		{"Could you send me the file?", true, true}, {"Please send the file by Friday.", true, false},
		{"Let me know what you think.", true, false}, {"Let me know if you have any questions.", false, false},
		{"Please find the invoice attached.", false, false},
		{"Please find the invoice attached and could you confirm it?", true, true},
		{"Please do not hesitate to contact us.", false, false}, {"Thanks, all works now.", false, false},
		{"What time is the meeting?", false, true}, {"How are you?", false, false},
		{"Könnten Sie mir die Zahlen schicken?", true, true}, {"कृपया रिपोर्ट भेजें।", true, false},
		{"Pourriez-vous m'envoyer le contrat ?", true, true}, {"We would appreciate your feedback.", true, false},
		{"The office is closed on Monday.", false, false}, {"Questions?", false, false},
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sentences *s = mem_zalloc(sizeof *s);
		struct cue_counts c;
		struct arena a;

		arena_init(&a);
		sentences_add(s, &a, rows[i].text, false);
		cues_count(s, &c);
		if ((c.request != NULL) != rows[i].request || c.question != rows[i].question)
			fprintf(stderr, "%s: request %d, question %d\n", rows[i].text, c.request != NULL, c.question);
		CU_ASSERT_EQUAL(c.request != NULL, rows[i].request);
		CU_ASSERT_EQUAL(c.question, rows[i].question);
		arena_release(&a);
		mem_free(s);
	}
}

/* Said on Wednesday, 2026-03-04 10:30 in Kolkata; times are local. */
static void deadlines_are_resolved(void)
{
	static const struct { const char *text, *local; } rows[] = {
		{"Please send me the figures by Friday.", "2026-03-06T23:59:59Z"},
		{"I need this by EOD.", "2026-03-04T17:00:00Z"},
		{"Could you reply by 5 pm tomorrow?", "2026-03-05T17:00:00Z"},
		{"Send it tomorrow by 17:00", "2026-03-05T17:00:00Z"},
		{"Deadline: 15 March 2026", "2026-03-15T23:59:59Z"},
		{"due on March 9th at noon", "2026-03-09T12:00:00Z"},
		{"bis spätestens morgen 12 Uhr", "2026-03-05T12:00:00Z"},
		{"bis zum 15. März", "2026-03-15T23:59:59Z"},
		{"bis 15.03.2026", "2026-03-15T23:59:59Z"},
		{"please answer within 48 hours", "2026-03-06T10:30:00Z"},
		{"please pay by 2026-03-20", "2026-03-20T23:59:59Z"},
		{"by next Monday", "2026-03-09T23:59:59Z"},
		{"by next Friday", "2026-03-13T23:59:59Z"},
		{"by the end of the week", "2026-03-06T23:59:59Z"},
		{"before end of month", "2026-03-31T23:59:59Z"},
		{"कृपया कल तक भेजें", "2026-03-05T23:59:59Z"},
		{"Can you do it today?", "2026-03-04T23:59:59Z"},
		{"by 9 am", "2026-03-05T09:00:00Z"},
		{"no later than Monday, 9 March, 10:00", "2026-03-09T10:00:00Z"},
		{"by 5 January", "2027-01-05T23:59:59Z"},
		{"pay by 4/3/2026", "2026-03-04T23:59:59Z"},
		{"by Friday the 13th", "2026-03-13T23:59:59Z"},
		{"by Thurs 2nd at 9:30", "2026-04-02T09:30:00Z"},
		{"by Thursday the 12th of March", "2026-03-12T23:59:59Z"},
		{"by Thursday the 99th", "2026-03-05T23:59:59Z"},
		{"by tomorrow at 17.30", "2026-03-05T17:30:00Z"},
		{"by tomorrow at 4.50 each", "2026-03-05T23:59:59Z"},
		{"by tomorrow at 1.20€", "2026-03-05T23:59:59Z"},
		{"by tomorrow at 10.15.20.30", "2026-03-05T23:59:59Z"},
		{"by tomorrow at 5:30", "2026-03-05T05:30:00Z"},
		{"bis morgen früh um 6 Uhr", "2026-03-05T06:00:00Z"},
		{"by Friday 1st thing", "2026-03-06T23:59:59Z"},
		{"by Friday 13rd", "2026-03-06T23:59:59Z"},
		{"The meeting on Friday is at 3", NULL},
		{"the report was written by Anna", NULL},
		{"sent by 10 people", NULL},
		{"by 31 February", NULL},
		{"we met before Christmas 1985", NULL},
	};
	struct error err;
	struct zone *zone = zone_load("Asia/Kolkata", &err);
	int64_t base, got;
	unsigned i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
	CU_ASSERT_TRUE(clock_parse("2026-03-04T10:30:00+05:30", &base));
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sentences *s = mem_zalloc(sizeof *s);
		char text[CLOCK_TEXT_SIZE] = "none";
		struct arena a;

		arena_init(&a);
		sentences_add(s, &a, rows[i].text, false);
		if (when_deadline(s, &s->all[0], zone, base, &got))
			clock_format(zone_to_local(zone, got), text);
		if (strcmp(text, rows[i].local ? rows[i].local : "none") != 0)
			fprintf(stderr, "%s: %s\n", rows[i].text, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].local ? rows[i].local : "none");
		arena_release(&a);
		mem_free(s);
	}
	zone_free(zone);
}

struct said { const char *text, *local; };

/* The deadline that a text names, in the zone's time, as it is said on Wednesday, 2026-03-04 10:30 there. */
static void expect_deadlines(const struct said *rows, size_t n, const char *zone_name, bool asks)
{
	struct error err;
	struct zone *zone = zone_load(zone_name, &err);
	int64_t base, got;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
	CU_ASSERT_TRUE(clock_parse("2026-03-04T10:30:00Z", &base));
	zone_to_utc(zone, base, &base);
	for (i = 0; i < n; i++) {
		struct sentences *s = mem_zalloc(sizeof *s);
		char text[CLOCK_TEXT_SIZE] = "none";
		struct arena a;

		arena_init(&a);
		sentences_add(s, &a, rows[i].text, false);
		if (when_deadline(s, asks ? &s->all[0] : NULL, zone, base, &got))
			clock_format(zone_to_local(zone, got), text);
		if (strcmp(text, rows[i].local ? rows[i].local : "none") != 0)
			fprintf(stderr, "%s, %s: %s\n", zone_name, rows[i].text, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].local ? rows[i].local : "none");
		arena_release(&a);
		mem_free(s);
	}
	zone_free(zone);
}

/* Times told with a zone, as read in Berlin (UTC+1 then). */
static void a_time_is_of_the_zone_it_names(void)
{
	static const struct said rows[] = {
		{"Please send it by 5 pm EST.", "2026-03-04T23:00:00Z"},
		{"Please send it by 5pm (EDT) today", "2026-03-04T22:00:00Z"},
		{"Please answer by 15:00 UTC", "2026-03-04T16:00:00Z"},
		{"Please answer by 15:00Z", "2026-03-04T16:00:00Z"},
		{"Please answer by 17:00 CET, Anna", "2026-03-04T17:00:00Z"},
		{"Please answer by 09:00 CEST on 5 March", "2026-03-05T08:00:00Z"},
		{"Please answer before 20:00 IST", "2026-03-04T15:30:00Z"},
		{"Please answer by 9:00 IST", "2026-03-05T04:30:00Z"},
		{"Please answer by noon PST tomorrow", "2026-03-05T21:00:00Z"},
		{"Please answer by noon GMT tomorrow", "2026-03-05T13:00:00Z"},
		{"Please answer by 17:00 BST", "2026-03-04T17:00:00Z"},
		{"Please answer by 12:00 CST", "2026-03-04T19:00:00Z"},
		{"Please answer by 12:00 MST", "2026-03-04T20:00:00Z"},
		{"Please answer by EOD PDT", "2026-03-05T01:00:00Z"},
		{"Please answer by 17:00 UTC+5:30", "2026-03-04T12:30:00Z"},
		{"Bis 17:00 ist alles da", "2026-03-04T17:00:00Z"},
		{"Merci de répondre avant 17:00 cet après-midi", "2026-03-04T17:00:00Z"},
	};

	expect_deadlines(rows, sizeof rows / sizeof *rows, "Europe/Berlin", true);
}

static void how_long_something_lasts_is_no_deadline(void)
{
	static const struct said rows[] = {
		{"I am on leave until Friday.", NULL}, {"The shop is open until 6 pm.", NULL},
		{"Tom is away till Monday", NULL}, {"Ich bin bis Freitag im Urlaub", NULL},
		{"Der Laden ist bis 18 Uhr offen", NULL}, {"Je suis en congés jusqu'à vendredi", NULL},
		{"I am on leave until Friday, please ask Tom.", NULL}, {"Can it wait until Friday?", NULL},
		{"The lift stands still from 9 until 12 o'clock", NULL},
		{"You have until Friday to object.", "2026-03-06T23:59:59Z"},
		{"Answers until Monday are fine", "2026-03-09T23:59:59Z"},
		{"Could you answer until Friday?", "2026-03-06T23:59:59Z"},
		{"Sie haben bis Freitag Zeit", "2026-03-06T23:59:59Z"},
		{"Bitte bis Freitag antworten", "2026-03-06T23:59:59Z"},
	};

	expect_deadlines(rows, sizeof rows / sizeof *rows, "Europe/Berlin", false);
}

static void how_far_off_something_is_presses_who_is_asked(void)
{
	static const struct said rows[] = {
		{"Please send it in 2 days.", "2026-03-06T10:30:00Z"},
		{"Please send it in the next 2 days.", "2026-03-06T10:30:00Z"},
		{"Please send it within 48 hours.", "2026-03-06T10:30:00Z"},
		{"The parcel arrives in 2 days.", NULL}, {"The parcel arrives in the next 2 days.", NULL},
		{"The parcel arrives within 48 hours.", NULL}, {"We answer within 48 hours.", NULL},
		{"Transfer 1200 USD within 48 hours.", "2026-03-06T10:30:00Z"},
	};

	expect_deadlines(rows, sizeof rows / sizeof *rows, "Europe/Berlin", false);
}

static void day_and_month_stand_as_people_of_the_zone_write_them(void)
{
	static const struct { const char *zone; bool month_first; } zones[] = {
		{"America/New_York", true}, {"America/Indiana/Knox", true}, {"America/Kentucky/Monticello", true},
		{"America/Los_Angeles", true}, {"America/Puerto_Rico", true}, {"US/Eastern", true}, {"America/Toronto", true},
		{"Pacific/Honolulu", true}, {"Pacific/Guam", true}, {"Pacific/Palau", true}, {"Asia/Manila", true},
		{"America/Sao_Paulo", false}, {"America/Mexico_City", false}, {"America/Bogota", false},
		{"America/Argentina/Buenos_Aires", false}, {"America/Montreal", false}, {"Europe/Berlin", false},
		{"Pacific/Auckland", false}, {"Asia/Kolkata", false},
	};
	size_t i;

	for (i = 0; i < sizeof zones / sizeof *zones; i++) {
		const struct said row = {"Please pay by 6/5/2026",
		                         zones[i].month_first ? "2026-06-05T23:59:59Z" : "2026-05-06T23:59:59Z"};

		expect_deadlines(&row, 1, zones[i].zone, true);
	}
}

/* The next time that a sentence names, deadline or not; said on Wednesday, 2026-03-04 10:30. */
static void the_next_time_is_noted(void)
{
	static const struct { const char *text, *local; } rows[] = {
		{"the board meets at 15:00 today", "2026-03-04T15:00:00Z"},
		{"he comes today half past two", "2026-03-04T14:30:00Z"},
		{"could she come at three?", "2026-03-04T15:00:00Z"},
		{"we present at 11 tomorrow", "2026-03-05T11:00:00Z"},
		{"they must know by two this afternoon", "2026-03-04T14:00:00Z"},
		{"documentation closes tomorrow 09:00", "2026-03-05T09:00:00Z"},
		{"tell me tomorrow morning", "2026-03-05T12:00:00Z"},
		{"i need it tonight", "2026-03-04T23:59:59Z"},
		{"the desk closes in an hour", "2026-03-04T11:30:00Z"},
		{"expires in 22 hours", "2026-03-05T08:30:00Z"},
		{"storage ends: 05.03.2026 18:00", "2026-03-05T18:00:00Z"},
		{"departing 06:38 on Thursday 5 March", "2026-03-05T06:38:00Z"},
		{"endet am Donnerstag, den 5. März 2026, 24:00 Uhr", "2026-03-06T00:00:00Z"},
		{"bis spätestens Donnerstag, 5.3., 12 Uhr", "2026-03-05T12:00:00Z"},
		{"morgen früh um 7:30 Uhr", "2026-03-05T07:30:00Z"},
		{"halb drei ist er da", "2026-03-04T14:30:00Z"},
		{"le comité se réunit demain matin", "2026-03-05T12:00:00Z"},
		{"vuole sapere entro le 13", "2026-03-04T13:00:00Z"},
		{"el jueves a las 5", "2026-03-05T17:00:00Z"},
		{"vanavond graag", "2026-03-04T23:59:59Z"},
		{"dziś do 16:00", "2026-03-04T16:00:00Z"},
		{"aaj shaam tak", "2026-03-04T23:59:59Z"},
		{"in ninety minutes", "2026-03-04T12:00:00Z"},
		{"can you open at 9:00?", "2026-03-05T09:00:00Z"},
		{"avant midi demain", "2026-03-05T12:00:00Z"},
		{"wyślij przed 15", "2026-03-04T15:00:00Z"},
		{"mon train est parti", NULL},
		{"guten Morgen zusammen", NULL},
		{"the server is away since 10:15", NULL},
		{"closed since 11:00", NULL},
		{"they came this morning", NULL},
		{"week of 16 March: Tuesday or Thursday", NULL},
		{"have a good end of day", NULL},
		{"it was at 9:00", NULL},
		{"at three schools", NULL},
	};
	struct error err;
	struct zone *zone = zone_load("Asia/Kolkata", &err);
	int64_t base, deadline;
	unsigned i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
	CU_ASSERT_TRUE(clock_parse("2026-03-04T10:30:00+05:30", &base));
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sentences *s = mem_zalloc(sizeof *s);
		char text[CLOCK_TEXT_SIZE] = "none";
		struct arena a;

		arena_init(&a);
		sentences_add(s, &a, rows[i].text, false);
		when_deadline(s, NULL, zone, base, &deadline);
		if (s->all[0].at_ms)
			clock_format(zone_to_local(zone, s->all[0].at_ms), text);
		if (strcmp(text, rows[i].local ? rows[i].local : "none") != 0)
			fprintf(stderr, "%s: %s\n", rows[i].text, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].local ? rows[i].local : "none");
		arena_release(&a);
		mem_free(s);
	}
	zone_free(zone);
}

static void what_people_ask_of_people_is_no_steering(void)
{
	static const char *const ordinary[] = {
		"please forward the invoice to accounting", "the billing system is down, we must fix it immediately",
		"can you mark the date in your calendar", "please archive the old project repository",
		"could you set up the new model by friday", "our ai roadmap needs your review",
		"the agent from the travel office called, can you call back", "please reply to this with your address",
		"i forgot my umbrella, can you bring it", "the customer wants the highest priority for this order",
		"we need you to flag risks early", "can you label the boxes", "please send me your phone number",
		"the assistant manager asks for your opinion", "please copy me on all messages to the client",
		"please mark this as done in the tracker", "forget the bot, call me", "mark as paid", "i marked it as sent",
		"you must log in to the system by 5 pm", "please treat this as confidential", "can you flag this to the board?",
		"please disregard my last mail", "pay within 48 hours and i delete everything", "ignore the ai hype and read the numbers", "please label this box",
		"could you archive this project?", "please follow these instructions to set up the phone",
	};
	unsigned i;

	for (i = 0; i < sizeof ordinary / sizeof *ordinary; i++) {
		if (sentence_steers(ordinary[i]))
			fprintf(stderr, "%s\n", ordinary[i]);
		CU_ASSERT_FALSE(sentence_steers(ordinary[i]));
	}
}

static CU_TestInfo tests[] = {
	{"sentences end where people end them", sentences_end_where_people_end_them},
	{"requests are told from formulas", requests_are_told_from_formulas},
	{"deadlines are resolved in the zone", deadlines_are_resolved},
	{"a time is of the zone it names", a_time_is_of_the_zone_it_names},
	{"how long something lasts is no deadline", how_long_something_lasts_is_no_deadline},
	{"how far off something is presses who is asked", how_far_off_something_is_presses_who_is_asked},
	{"day and month stand as people of the zone write them", day_and_month_stand_as_people_of_the_zone_write_them},
	{"the next time is noted", the_next_time_is_noted},
	{"what people ask of people is no steering", what_people_ask_of_people_is_no_steering},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo triage_text_suite = {"triage: text", NULL, NULL, NULL, NULL, tests};
