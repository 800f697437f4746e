/* The weights: how much each fact says for each decision, and how it is told to a person. Set by hand
 * from what the headers mean; those for spam by cross-validation beside the model of words, which says most there
 * (email_triage_spam.h). What a decision needs stands in email_triage_decide.c. */
#include <math.h>
#include <string.h>

#include "agents/email_triage.h"

struct weight {
	double of[SUM__MAX];
	const char *reason;        /* NULL: not worth telling */
};

/* urgent, reply, bulk, newsletter, promotion, notification, spam, suspicious */
static const struct weight weights[FACT__MAX] = {
	[FACT_LIST_ID] = {{0, -0.5, 2, 0.5, 0, 0, 0, 0}, "sent through a mailing list"},
	[FACT_LIST_POST] = {{0, 0, 0, -2, -1, 0, 0, 0}, NULL},
	[FACT_LIST_UNSUBSCRIBE] = {{-2, -2, 2.5, 1, 1, 0, 0, -0.5}, "offers to unsubscribe"},
	[FACT_PRECEDENCE] = {{-0.5, -0.5, 2, 0.5, 0, 0, 0, 0}, "marked as bulk mail"},
	[FACT_AUTO_SUBMITTED] = {{0, -1, 2, 0, 0, 2, -1.5, 0}, "written by a program"},
	[FACT_NO_REPLY] = {{-0.5, -2, 2, 0, 0, 1, -1, 0}, "from an address that takes no answers"},
	[FACT_NEWS_SENDER] = {{-1, -1, 1.5, 2, 0, 0, 0, 0}, "from a newsletter's address"},
	[FACT_PROMO_SENDER] = {{-1, -1, 1.5, 0, 2, 0, 0, 0}, "from a marketing address"},
	[FACT_NOTICE_SENDER] = {{0, -0.5, 1.5, 0, 0, 2, -0.5, 0}, "from a service's address"},
	[FACT_SERVICE_HEADERS] = {{0, -0.5, 2, 0, 0, 3, -2, 0}, "sent by a service"},
	[FACT_CAMPAIGN_HEADERS] = {{-0.5, -0.5, 1, 0.5, 0.5, 0, 0, 0}, "sent by a mass mailer"},
	[FACT_BOUNCE] = {{0, -2, 2, 0, 0, 3, -1, 0}, "a mail server's report"},
	[FACT_UNSUBSCRIBE_TEXT] = {{-0.5, -0.5, 1, 0.5, 0.5, 0, -0.25, 0}, "its text offers to unsubscribe"},
	[FACT_BROWSER_TEXT] = {{-0.5, -0.5, 1, 0.5, 0.5, 0, 0, 0}, NULL},

	[FACT_VIP] = {{1, 1, -3, 0, 0, 0, -10, 0}, NULL},
	[FACT_FROM_ME] = {{-3, -3, 0, 0, 0, 0, -3, 0}, "written by yourself"},
	[FACT_ANSWERS_ME] = {{0.5, 1, -3, 0, 0, 0, -1, -0.5}, "answers a mail of yours"},
	[FACT_ANSWERS_SENT] = {{0, 0, 0, 0, 0, 0, -4, -0.5}, NULL},
	[FACT_WROTE_TO] = {{0.25, 0.5, -2, 0, 0, 0, -5, -1}, "you have written to its sender"},
	[FACT_REPLY] = {{0, 0.25, -0.5, -0.5, -0.5, 0, -1, -0.5}, "part of a conversation"},
	[FACT_ONLY_TO_ME] = {{0.5, 0.5, 0, 0, 0, 0, -0.25, 0}, "written to you alone"},
	[FACT_TO_ME] = {{0, 0.25, 0, 0, 0, 0, -0.25, 0}, NULL},
	[FACT_CC_ME] = {{-1, -1, 0, 0, 0, 0, 0, 0}, "you only get a copy"},
	[FACT_NOT_TO_ME] = {{-0.5, -0.5, 0.5, 0, 0, 0, 0, 0}, "not addressed to you"},
	[FACT_MANY_RECIPIENTS] = {{-0.5, -0.5, 0.5, 0, 0, 0, 0, 0}, "sent to many people"},

	[FACT_BY_HAND] = {{2, 3, 0, 0, 0, 0, -1, 0}, "a person asks you by name"},

	[FACT_REQUEST] = {{0.9, 2, 0, 0, 0, 0, 0, 0}, "asks you to do something"},
	[FACT_QUESTION] = {{0.5, 2, 0, 0, 0, 0, 0, 0}, "asks a question"},
	[FACT_DEADLINE] = {{0, 0.5, 0, 0, 0, 0, 0, 0}, "names a deadline"},
	[FACT_DEADLINE_SOON] = {{2.5, 0.5, 0, 0, 0, 0, 0, 0}, "its deadline is within 24 hours"},
	[FACT_OVERDUE] = {{2, 0.5, 0, 0, 0, 0, 0, 0}, "its deadline has passed"},
	[FACT_OUTAGE] = {{2, 0, 0, 0, 0, 0.5, 0, 0}, "reports that something is broken"},
	[FACT_OUTAGE_SUBJECT] = {{1.5, 0, 0, -1, -1, 0.5, 0, 0}, "its subject reports an outage"},
	[FACT_FAULT] = {{1, 0, 0, 0, 0, 0, 0, 0}, "says that something does not work"},
	[FACT_EMERGENCY] = {{1.5, 0, 0, 0, 0, 0, 0, 0}, "tells of an emergency"},
	[FACT_URGENT_WORDS] = {{1.5, 0, 0, 0, 0, 0, 0, 0}, "says that it is urgent"},
	[FACT_URGENT_SUBJECT] = {{1, 0, 0, 0, 0, 0, 0, 0}, NULL},
	[FACT_ESCALATION] = {{1.5, 0.5, 0, 0, 0, 0, 0, 0}, "somebody is waiting or has asked before"},
	[FACT_PRIORITY_HEADER] = {{1, 0, 0, 0, 0, 0, 0, 0}, "sent with high priority"},
	/* told by press_reason, with the time */
	[FACT_NEEDED_SOON] = {{3.25, 0.5, 0, 0, 0, 0, 0, 0}, NULL},
	[FACT_BROKEN_NOW] = {{3.25, 0.5, 0, 0, 0, 0, 0, 0}, "says that something is broken now"},
	[FACT_HARM_NOW] = {{3.25, 0.5, 0, 0, 0, 0, 0, 0}, "says that somebody is ill, hurt or in danger"},
	[FACT_WAITING_NOW] = {{3.25, 0.5, 0, 0, 0, 0, 0, 0}, "says that somebody is stuck or waiting now"},
	[FACT_CRIME] = {{3.25, 0.5, 0, 0, 0, 0, 0, 0}, "tells of a theft or a break-in"},
	[FACT_PLEASANT] = {{-2.5, 0, 0, 0, 0, 0, 0, 0}, NULL},
	[FACT_RELAYED] = {{1, 2, 0, 0, 0, 0, 0, 0}, "a person writes to you through a ticket system"},
	[FACT_NO_HURRY] = {{-2.5, 0, 0, 0, 0, 0, 0, 0}, NULL},
	[FACT_RESOLVED] = {{-1, -0.5, 0, 0, 0, 0, 0, 0}, "says that the trouble is over"},
	[FACT_NO_ACTION] = {{-1.5, -2.5, 0, 0, 0, 0, 0, 0}, "for information only"},
	[FACT_AUTO_REPLY] = {{-10, -10, 0, 0, 0, 1, 0, 0}, "an automatic reply"},
	[FACT_INVITATION] = {{0, 4, -3, -2, -2, 0, -3, 0}, "a calendar invitation that waits for your answer"},
	[FACT_CALENDAR_NEWS] = {{0, -1, 1, 0, 0, 3, -2, 0}, "news of an appointment"},

	[FACT_PROMO_WORDS] = {{0, 0, 0, 0, 1, 0, 0, 0}, "advertises something"},
	[FACT_PROMO_MANY] = {{-1, -0.5, 0.5, 0, 1.5, 0, 0, 0}, NULL},
	[FACT_DISCOUNT] = {{-0.5, -0.5, 0.5, 0, 2, 0, 0, 0}, "offers a discount"},
	[FACT_NEWS_WORDS] = {{0, 0, 0, 1.25, 0, 0, 0, 0}, "reads like a newsletter"},
	[FACT_NEWS_SUBJECT] = {{-0.5, -0.5, 0.5, 1.5, 0, 0, -0.5, 0}, NULL},
	[FACT_TRANSACTION] = {{0, 0, 0, 0, 0, 1.25, -0.5, 0}, "about an order, a bill or an account"},
	[FACT_SECURITY] = {{0, 0, 0, 0, 0, 2, -0.5, 0}, "about your account's security"},
	[FACT_PAYMENT_DUE] = {{0.25, 0.5, 0, 0, 0, 1, 0, 0}, "about a payment that is due"},
	[FACT_BUILD] = {{0, 0, 0, 0, 0, 1, -0.5, 0}, "about code or systems"},
	[FACT_SOCIAL] = {{0, 0, 0, 0, 0, 2, 0, 0}, "tells what others did"},
	[FACT_ACCOUNT] = {{0, 0, 0, 0, 0, 2, -0.5, 0}, "tells of a change to your account"},
	[FACT_MONEY] = {{0, 0, 0, 0, 0, 1, 0, 0}, "about a payment or money"},
	[FACT_CUT_OFF] = {{1, 0, 0, 0, 0, 1, 0, 0}, "its subject says that something is cut off"},
	[FACT_TRAVEL_CHANGE] = {{1, 0, 0, 0, 0, 1, -1, 0}, "a journey of yours has changed"},
	[FACT_ALARM_NOW] = {{3, 0, 0, 0, 0, 1.5, -0.5, 0}, "an alarm that goes on"},
	[FACT_STOPS_SOON] = {{2.5, 0, 0, 0, 0, 1.5, 0, 0}, NULL},
	[FACT_READS_URGENT] = {{0.25, 0, 0, 0, 0, 0, 0, 0}, "reads like what cannot wait"},
	[FACT_CLUB_DEADLINE] = {{2, 0, 0, 0, 0, 0, 0, 0}, NULL},
	[FACT_ACTION_NEEDED] = {{0, 0.25, 0, 0, 0, 0.5, 0, 0}, "something in it may need you"},

	[FACT_UPSTREAM_SPAM] = {{-1, -1, 0.5, 0, 0, 0, 4, 0}, "your mail server marked it as spam"},
	[FACT_SPAM_WORDS] = {{0, -0.25, 0, 0, 0, 0, 0.5, 0}, "uses phrases that are typical of spam"},
	[FACT_SPAM_MANY] = {{-1, -1, 0, 0, 0.5, 0, 1, 0}, NULL},
	[FACT_ADVANCE_FEE] = {{-1, -1, 0, 0, 0, 0, 2.5, 0.5}, "promises money from strangers"},
	[FACT_SHOUTING] = {{0, -0.25, 0, 0, 0.25, 0, 0.25, 0}, "its subject shouts"},
	[FACT_REMOVE_ME] = {{-1, -1, 0.5, 0, 0.5, 0, 0.25, 0}, "tells how to be removed from a list"},
	[FACT_ANONYMOUS] = {{-1, -1, 0, 0, 0, 0, 0.25, 0}, "has no readable sender"},
	[FACT_GIBBERISH] = {{-0.5, -0.5, 0, 0, 0, 0, 0.5, 0}, "its subject ends in random letters"},

	[FACT_AUTH_PASS] = {{0, 0, 0, 0, 0, 0, -2, 0}, NULL},
	[FACT_ONE_CLICK] = {{0, 0, 0, 0, 0, 0, -1.5, 0}, NULL},
	[FACT_AUTH_FAIL] = {{0, 0, 0, 0, 0, 0, 0.5, 2.5}, "failed the sender's authentication (SPF, DKIM, DMARC)"},
	[FACT_NAME_SPOOF] = {{0, 0, 0, 0, 0, 0, 0.5, 2.5}, "its sender's name shows another address"},
	[FACT_BRAND_SPOOF] = {{0, 0, 0, 0, 0, 0, 0.25, 2}, "its sender's name is of a company that this address is not of"},
	[FACT_LOOKALIKE] = {{0, 0, 0, 0, 0, 0, 0.25, 2}, "uses a domain that imitates another"},
	[FACT_REPLY_ELSEWHERE] = {{0, 0, 0, 0, 0, 0, 0.25, 0.75}, "answers would go to another domain"},
	[FACT_LINK_MISMATCH] = {{0, 0, 0, 0, 0, 0, 0.25, 1}, "a link leads elsewhere than it shows"},
	[FACT_LINK_BARE] = {{0, 0, 0, 0, 0, 0, 0.5, 1}, "a link leads to a bare IP address"},
	[FACT_CREDENTIALS] = {{0, 0, 0, 0, 0, 0, 0, 1}, "asks for your account or password"},
	[FACT_THREAT] = {{0, 0, 0, 0, 0, 0, 0, 0.75}, "threatens to close something"},
	[FACT_PAYMENT_DETAILS] = {{-1, 0, 0, 0, 0, 0, 0, 0.75}, "asks for a payment or gift cards"},
	[FACT_RISKY_FILE] = {{0, 0, 0, 0, 0, 0, 0.25, 1.25}, "holds a file that can run programs"},
	[FACT_DISGUISED_FILE] = {{0, 0, 0, 0, 0, 0, 0.5, 2}, "holds a program disguised as a document"},
	[FACT_FEE_BAIT] = {{0, 0, 0, 0, 0, 0, 0.5, 3}, "wants a fee for a parcel, and nothing proves its sender"},
	[FACT_PAY_ELSEWHERE] = {{0, 0, 0, 0, 0, 0, 0.5, 1.5}, "asks for money, and answers would go elsewhere"},
	[FACT_NAME_TAKEN] = {{0, 0, 0, 0, 0, 0, 0.5, 3}, "speaks of money in the name of one who writes from another address"},
};

/* The model's log-odds on the scale of the facts, so that this much alone makes spam (SPAM_LEAST in
 * email_triage_decide.c). A mail of which only the text is given must show more. */
#define WORDS_ODDS       0.0
#define WORDS_ODDS_BARE  2.0
#define WORDS_SPAM       3.0
#define WORDS_LEAST      (-1.0)
#define WORDS_MOST       6.0

static double of_words(const struct facts *f)
{
	double odds = f->spam_logit - (f->wire ? WORDS_ODDS : WORDS_ODDS_BARE);

	return f->spam_judged ? fmax(f->wire ? WORDS_LEAST : 0, fmin(WORDS_MOST, odds + WORDS_SPAM)) : 0;
}

void triage_sum(struct facts *f)
{
	unsigned i, k;

	f->sum[SUM_SPAM] += of_words(f);
	f->sum[SUM_URGENT] += f->urgency;

	for (i = 0; i < FACT__MAX; i++)
		for (k = 0; f->has[i] && k < SUM__MAX; k++)
			f->sum[k] += weights[i].of[k];
}

/* Which sums speak for a category; the first leads. */
static const enum sum speaks[TRIAGE_CATEGORY__MAX][2] = {
	[TRIAGE_URGENT] = {SUM_URGENT, SUM_REPLY},      [TRIAGE_NEEDS_REPLY] = {SUM_REPLY, SUM_URGENT},
	[TRIAGE_FYI] = {SUM__MAX, SUM__MAX},            [TRIAGE_NEWSLETTER] = {SUM_NEWS, SUM_BULK},
	[TRIAGE_PROMOTION] = {SUM_PROMO, SUM_BULK},     [TRIAGE_NOTIFICATION] = {SUM_NOTICE, SUM_BULK},
	[TRIAGE_SPAM] = {SUM_SPAM, SUM_BULK},           [TRIAGE_SUSPICIOUS] = {SUM_SUSPECT, SUM_SUSPECT},
};

/* What does not matter to a person is told by what it lacks: negative weights count for it. */
static double speaks_for(const struct weight *w, enum triage_category c)
{
	if (c == TRIAGE_FYI)
		return w->of[SUM_REPLY] < 0 ? -w->of[SUM_REPLY] : 0.5 * w->of[SUM_BULK];
	return w->of[speaks[c][0]] + 0.25 * w->of[speaks[c][1]];
}

const char *triage_reason(enum fact fact)
{
	return weights[fact].reason;
}

unsigned triage_reasons(const struct facts *f, enum triage_category category, enum fact told_otherwise,
                        const char **out, unsigned max)
{
	static const enum fact always[] = {FACT_AUTH_FAIL, FACT_NAME_SPOOF};      /* whatever was decided */
	bool told[FACT__MAX + 1] = {false};
	unsigned n = 0, i;

	told[told_otherwise] = true;
	for (i = 0; i < sizeof always / sizeof *always && n < max; i++)
		if (f->has[always[i]]) {
			told[always[i]] = true;
			out[n++] = weights[always[i]].reason;
		}
	while (n < max) {
		unsigned best = FACT__MAX;
		double most = 0.2;

		for (i = 0; i < FACT__MAX; i++)
			if (f->has[i] && !told[i] && weights[i].reason && speaks_for(&weights[i], category) > most) {
				most = speaks_for(&weights[i], category);
				best = i;
			}
		if (best == FACT__MAX)
			break;
		told[best] = true;
		out[n++] = weights[best].reason;
	}
	return n;
}
