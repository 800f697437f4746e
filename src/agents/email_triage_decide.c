/* Decisions: from the sums of facts to a category, from category and rules to what is to be done. */
#include <string.h>
#include <strings.h>

#include "agents/email_triage.h"

/* What the sums must reach. */
#define SUSPECT_LEAST     3.0
#define SPAM_LEAST        3.0
#define SPAM_ARCHIVE      5.0        /* to be archived without anybody's rule */
#define BULK_LEAST        2.0
#define URGENT_LEAST      3.0
#define REPLY_LEAST       2.0
#define LIST_REPLY_LEAST  3.0        /* on a discussion list others can answer too */
#define UNASKED_PROMOTION 3.5        /* a promotion without any mark of bulk mail */

/* ---- Categories ---- */

/* Words alone make nothing suspicious: something in how the mail was made must not fit. */
static bool is_suspicious(const struct facts *f)
{
	static const enum fact made[] = {FACT_AUTH_FAIL, FACT_NAME_SPOOF, FACT_BRAND_SPOOF, FACT_LOOKALIKE,
	                                 FACT_REPLY_ELSEWHERE, FACT_LINK_MISMATCH, FACT_LINK_BARE, FACT_RISKY_FILE,
	                                 FACT_DISGUISED_FILE, FACT_FEE_BAIT, FACT_NAME_TAKEN};

	return f->sum[SUM_SUSPECT] >= SUSPECT_LEAST && HAS_ANY(f, made);
}

/* May what the mail says make it urgent? Not when its sender may be another than it seems. */
static bool is_pressing(const struct facts *f, double least)
{
	return f->sum[SUM_URGENT] >= least && !f->has[FACT_AUTH_FAIL] && !f->poses;
}

/* A list whose mails offer no way off it, as that of a committee or a team. */
static bool is_of_a_circle(const struct facts *f)
{
	static const enum fact mass[] = {FACT_LIST_UNSUBSCRIBE, FACT_PRECEDENCE, FACT_CAMPAIGN_HEADERS, FACT_UNSUBSCRIBE_TEXT,
	                                 FACT_BROWSER_TEXT};

	return f->has[FACT_LIST_ID] && !HAS_ANY(f, mass);
}

static bool is_discussion(const struct facts *f)
{
	return (f->has[FACT_LIST_POST] || is_of_a_circle(f)) && !f->has[FACT_NO_REPLY] && !f->has[FACT_NEWS_SENDER] &&
	       !f->has[FACT_PROMO_SENDER] && !f->has[FACT_SERVICE_HEADERS] && !f->has[FACT_AUTO_SUBMITTED] &&
	       f->sum[SUM_PROMO] < 2;
}

/* An offer to unsubscribe alone makes no newsletter of what tells of an account or money, or comes from a program. */
static bool is_notice(const struct facts *f)
{
	static const enum fact news[] = {FACT_NEWS_WORDS, FACT_NEWS_SENDER, FACT_NEWS_SUBJECT};

	if (HAS_ANY(f, news) || f->sum[SUM_PROMO] >= 2)
		return false;
	return f->has[FACT_ACCOUNT] || f->has[FACT_MONEY] ||
	       (f->sum[SUM_NOTICE] >= 1 && !f->has[FACT_LIST_ID] && !f->has[FACT_BROWSER_TEXT]);
}

static enum triage_category bulk_category(const struct facts *f)
{
	double news = f->sum[SUM_NEWS], promo = f->sum[SUM_PROMO], notice = f->sum[SUM_NOTICE];
	bool service = notice >= 2 && notice >= promo && notice >= news;

	if (f->has[FACT_OUTAGE_SUBJECT] && (service || !f->has[FACT_LIST_UNSUBSCRIBE]) &&
	    is_pressing(f, URGENT_LEAST - 0.5))
		return TRIAGE_URGENT;
	if (f->has[FACT_RELAYED] && is_pressing(f, URGENT_LEAST))
		return TRIAGE_URGENT;
	if (service || is_notice(f))
		return TRIAGE_NOTIFICATION;
	if (promo >= 2 && promo > news)
		return TRIAGE_PROMOTION;
	if (news >= 1 || f->has[FACT_LIST_UNSUBSCRIBE] || f->has[FACT_LIST_ID])
		return TRIAGE_NEWSLETTER;
	return promo >= 2 ? TRIAGE_PROMOTION : TRIAGE_NOTIFICATION;
}

/* Does it want anything of its reader? That it answers him, and him alone, asks for nothing yet. */
static bool wants_something(const struct facts *f)
{
	static const enum fact wants[] = {FACT_REQUEST, FACT_QUESTION, FACT_BY_HAND, FACT_RELAYED, FACT_ESCALATION,
	                                  FACT_DEADLINE, FACT_OVERDUE, FACT_NEEDED_SOON, FACT_BROKEN_NOW, FACT_HARM_NOW,
	                                  FACT_WAITING_NOW, FACT_CRIME, FACT_PAYMENT_DUE, FACT_ACTION_NEEDED};

	return HAS_ANY(f, wants);
}

static enum triage_category personal_category(const struct facts *f, double reply_least)
{
	if (is_pressing(f, URGENT_LEAST))
		return TRIAGE_URGENT;
	if (f->sum[SUM_PROMO] >= UNASKED_PROMOTION && !f->has[FACT_REPLY] && !f->has[FACT_VIP])
		return TRIAGE_PROMOTION;
	return f->sum[SUM_REPLY] >= reply_least && wants_something(f) ? TRIAGE_NEEDS_REPLY : TRIAGE_FYI;
}

static enum triage_category categorize(const struct facts *f)
{
	if (is_suspicious(f))
		return TRIAGE_SUSPICIOUS;
	if (f->sum[SUM_SPAM] >= SPAM_LEAST && !f->has[FACT_VIP] && !f->has[FACT_ANSWERS_SENT])
		return TRIAGE_SPAM;
	if (f->has[FACT_FROM_ME])
		return TRIAGE_FYI;
	if (f->has[FACT_INVITATION])
		return is_pressing(f, URGENT_LEAST) ? TRIAGE_URGENT : TRIAGE_NEEDS_REPLY;
	/* bulk by its headers only: their weights are made up for by the fact's own */
	if (f->has[FACT_BY_HAND] && f->sum[SUM_BULK] >= BULK_LEAST)
		return personal_category(f, REPLY_LEAST);
	if (is_discussion(f))
		return personal_category(f, LIST_REPLY_LEAST);
	return f->sum[SUM_BULK] >= BULK_LEAST ? bulk_category(f) : personal_category(f, REPLY_LEAST);
}

/* Does bulk mail need its reader now? */
static bool presses(const struct item *it)
{
	const struct facts *f = &it->facts;

	if (it->category == TRIAGE_NEWSLETTER)
		return f->has[FACT_CLUB_DEADLINE] && !f->has[FACT_AUTH_FAIL] && !f->poses;
	return it->category == TRIAGE_NOTIFICATION && notices_press(f) && is_pressing(f, 0);
}

/* A time at which its reader is needed is one by which it must be dealt with. */
static void tell_soon(const struct triage *t, struct item *it)
{
	struct facts *f = &it->facts;

	if (it->urgent && f->soon_ms >= t->opt.reference_ms && (!f->deadline_ms || f->soon_ms < f->deadline_ms))
		f->deadline_ms = f->soon_ms;
}

/* Offers end, parcels arrive and forgers threaten by some day: those are nobody's deadlines. */
static void drop_idle_deadline(struct item *it)
{
	enum triage_category c = it->category;

	if (presses(it))
		return;
	if (c == TRIAGE_NEWSLETTER || c == TRIAGE_PROMOTION || c == TRIAGE_SPAM || c == TRIAGE_SUSPICIOUS ||
	    (c == TRIAGE_NOTIFICATION && !it->facts.has[FACT_PAYMENT_DUE] && !it->facts.has[FACT_ACTION_NEEDED]))
		it->facts.deadline_ms = 0;
}

/* ---- Rules ---- */

static void follow_rules(struct triage *t, struct item *it)
{
	struct rule_subject s = {.mail = &it->mail, .category = it->category, .me = t->me, .unread = it->unread,
	                         .vip = it->facts.has[FACT_VIP], .answers_me = it->facts.has[FACT_ANSWERS_ME],
	                         .now_ms = t->opt.reference_ms, .received_ms = it->received_ms, .zone = t->opt.zone};
	struct rule_verdict *v = &it->verdict;

	if (it->received_ms)
		s.age_ms = t->opt.reference_ms - it->received_ms;
	rules_apply(t->rules, &s, v);
	/* what looks forged keeps its warning: a rule's sender may be what was forged */
	if (v->has_category && it->category != TRIAGE_SUSPICIOUS)
		it->category = v->category;
	it->urgent = it->category == TRIAGE_URGENT || presses(it);
	if (v->urgency == RULE_URGENT) {
		it->urgent = true;
		if (it->category != TRIAGE_SUSPICIOUS)
			it->category = TRIAGE_URGENT;
	} else if (v->urgency == RULE_NOT_URGENT && it->urgent) {
		it->urgent = false;
		it->category = it->facts.sum[SUM_REPLY] >= REPLY_LEAST && wants_something(&it->facts) ? TRIAGE_NEEDS_REPLY
		                                                                                      : TRIAGE_FYI;
	}
}

/* ---- What is to be done ---- */

static bool is_marked_bulk(const struct facts *f)
{
	static const enum fact marks[] = {FACT_LIST_ID, FACT_LIST_UNSUBSCRIBE, FACT_PRECEDENCE, FACT_AUTO_SUBMITTED,
	                                  FACT_NO_REPLY, FACT_SERVICE_HEADERS, FACT_BOUNCE, FACT_UPSTREAM_SPAM};

	return HAS_ANY(f, marks);
}

/* What no rule can archive. */
static void protect(struct item *it)
{
	static const struct { enum fact fact; const char *why; } people[] = {
		{FACT_VIP, "kept in the inbox: its sender is one of your VIPs"},
		{FACT_ANSWERS_ME, "kept in the inbox: it answers you"},
		{FACT_WROTE_TO, "kept in the inbox: you have written to its sender"},
	};
	unsigned i;

	if (it->moved_back) {
		it->kept = "kept in the inbox: you moved it back";
		return;
	}
	if (it->verdict.never_archive) {
		it->kept = "kept in the inbox: your rule says never to archive it";
		return;
	}
	for (i = 0; i < sizeof people / sizeof *people; i++)
		if (it->facts.has[people[i].fact]) {
			it->kept = people[i].why;
			it->kept_for = people[i].fact;
			return;
		}
	it->kept = it->category == TRIAGE_SUSPICIOUS ? "kept in the inbox: it looks suspicious"
	           : it->urgent                      ? "kept in the inbox: it is urgent"
	                                             : NULL;
}

/* Does the mail itself read as sent to many, in more than one of its headers? Persons write by such ways as well. */
static bool reads_as_bulk(const struct facts *f)
{
	static const enum fact signs[] = {FACT_NEWS_SENDER, FACT_NEWS_WORDS, FACT_NEWS_SUBJECT, FACT_PROMO_SENDER,
	                                  FACT_PROMO_WORDS, FACT_DISCOUNT, FACT_UNSUBSCRIBE_TEXT, FACT_BROWSER_TEXT,
	                                  FACT_CAMPAIGN_HEADERS, FACT_PRECEDENCE, FACT_ONE_CLICK};

	return HAS_ANY(f, signs) || (f->has[FACT_LIST_ID] && f->has[FACT_LIST_UNSUBSCRIBE]);
}

static bool category_is_archived(const struct triage *t, const struct item *it)
{
	const struct facts *f = &it->facts;

	if (!(t->opt.archive_categories & 1u << it->category))
		return false;
	if (it->category == TRIAGE_SPAM)
		return f->sum[SUM_SPAM] >= SPAM_ARCHIVE;
	/* a category that the user's rule gave needs no other evidence */
	return is_marked_bulk(f) || (it->verdict.has_category && it->verdict.category == it->category);
}

/* What keeps a mail that no rule speaks of, NULL: nothing. */
static const char *doubt(const struct item *it)
{
	const struct facts *f = &it->facts;
	bool by_category = it->verdict.has_category && it->verdict.category == it->category;

	if (it->category == TRIAGE_SPAM || by_category)
		return NULL;
	if (f->has[FACT_AUTH_FAIL])
		return "kept in the inbox: its sender may be another than it says";
	if ((it->category == TRIAGE_NEWSLETTER || it->category == TRIAGE_PROMOTION) && !reads_as_bulk(f))
		return "kept in the inbox: a person may have written it";
	return NULL;
}

static void choose_archive(struct triage *t, struct item *it)
{
	bool by_rule = it->verdict.by[RULE_ON_ARCHIVE] >= 0;

	it->kept_for = FACT__MAX;
	if (!t->opt.apply_archive || (!by_rule && !category_is_archived(t, it)))
		return;
	protect(it);
	if (!it->kept && !by_rule)
		it->kept = triage_remembered_reason(t, it);
	if (!it->kept && !by_rule)
		it->kept = doubt(it);
	if (!it->kept && !by_rule && it->category == TRIAGE_NOTIFICATION)
		notices_keep(it);
	it->archive = it->kept == NULL;
}

static const char *const labels[TRIAGE_CATEGORY__MAX] = {
	[TRIAGE_URGENT] = "Agentiv/Urgent", [TRIAGE_NEEDS_REPLY] = "Agentiv/Needs reply",
	[TRIAGE_NEWSLETTER] = "Agentiv/Newsletter", [TRIAGE_PROMOTION] = "Agentiv/Promotion",
	[TRIAGE_NOTIFICATION] = "Agentiv/Notification", [TRIAGE_SPAM] = "Agentiv/Spam",
	[TRIAGE_SUSPICIOUS] = "Agentiv/Suspicious",
};

static void choose(struct triage *t, struct item *it)
{
	choose_archive(t, it);
	it->star = it->verdict.star || (t->opt.apply_star && it->urgent && !it->verdict.never_star);
	if (!t->opt.apply_label)
		return;
	if (it->verdict.label)
		it->label = arena_printf(&t->arena, "Agentiv/%s", it->verdict.label);
	else if (!t->has_box || t->box.ops->can_label)
		it->label = labels[it->category];
}

void triage_decide(struct triage *t)
{
	unsigned leaders[TRIAGE_EMAILS_MAX], i;

	if (t->count > 0 && !*t->me && rules_ask_for_me(t->rules))
		triage_warn(t, "OWNER_UNKNOWN", NULL, "Your address is not known: rules on mail to you or from you, and on your "
		            "conversations, say nothing");
	for (i = 0; i < t->count; i++) {
		struct item *it = &t->items[i];

		triage_find_facts(t, it);
		it->category = categorize(&it->facts);
		drop_idle_deadline(it);
		follow_rules(t, it);
		tell_soon(t, it);
		if (it->facts.ignored > 0)
			triage_warn(t, "INSTRUCTIONS_IGNORED", it->id,
			            "%u sentences written to steer software were left out of every decision",
			            it->facts.ignored);
	}
	threads_join(t, leaders);
	for (i = 0; i < t->count; i++)
		choose(t, &t->items[i]);
	threads_keep(t, leaders);
	for (i = 0; i < t->count; i++)
		triage_explain(t, &t->items[i]);
}
