/* email-triage inside: what its files share. One run owns a struct triage with its arena; all
 * strings live there or in the mails' arenas until the run ends. One thread. */
#ifndef AGENTIV_AGENTS_EMAIL_TRIAGE_H
#define AGENTIV_AGENTS_EMAIL_TRIAGE_H

#include "agents/agent.h"
#include "agents/email_triage_query.h"
#include "agents/email_triage_rules.h"
#include "base/arena.h"
#include "base/zone.h"
#include "integrations/mail.h"
#include "integrations/mailbox.h"

#define TRIAGE_EMAILS_MAX   100
#define TRIAGE_VIPS_MAX     200
#define TRIAGE_REASONS_MAX  18
#define TRIAGE_RULES_TOLD   12        /* rules of a mail told by their text; the others are counted */
#define TRIAGE_SCAN_MAX     2000      /* mails looked at for a query before it is given up */
#define TRIAGE_EFFECTS_MAX  8         /* of one mail */
#define TRIAGE_WARNINGS_MAX 64

/* What a mail says of itself or shows; the weights of each stand in email_triage_weights.c. */
enum fact {
	/* bulk: RFC 2369, 2919, 8058, 3834 and habits of senders */
	FACT_LIST_ID, FACT_LIST_POST, FACT_LIST_UNSUBSCRIBE, FACT_PRECEDENCE, FACT_AUTO_SUBMITTED,
	FACT_NO_REPLY, FACT_NEWS_SENDER, FACT_PROMO_SENDER, FACT_NOTICE_SENDER, FACT_SERVICE_HEADERS,
	FACT_CAMPAIGN_HEADERS, FACT_BOUNCE, FACT_UNSUBSCRIBE_TEXT, FACT_BROWSER_TEXT,
	/* relationship */
	FACT_VIP, FACT_FROM_ME, FACT_ANSWERS_ME, FACT_ANSWERS_SENT, FACT_WROTE_TO, FACT_REPLY, FACT_ONLY_TO_ME, FACT_TO_ME,
	FACT_CC_ME, FACT_NOT_TO_ME, FACT_MANY_RECIPIENTS, FACT_BY_HAND,
	/* speech acts */
	FACT_REQUEST, FACT_QUESTION, FACT_DEADLINE, FACT_DEADLINE_SOON, FACT_OVERDUE, FACT_OUTAGE,
	FACT_OUTAGE_SUBJECT, FACT_FAULT, FACT_EMERGENCY, FACT_URGENT_WORDS, FACT_URGENT_SUBJECT, FACT_ESCALATION, FACT_PRIORITY_HEADER,
	FACT_NEEDED_SOON, FACT_BROKEN_NOW, FACT_HARM_NOW, FACT_WAITING_NOW, FACT_CRIME, FACT_PLEASANT, FACT_RELAYED,
	FACT_NO_HURRY, FACT_RESOLVED, FACT_NO_ACTION, FACT_AUTO_REPLY, FACT_INVITATION, FACT_CALENDAR_NEWS,
	/* kinds of bulk mail */
	FACT_PROMO_WORDS, FACT_PROMO_MANY, FACT_DISCOUNT, FACT_NEWS_WORDS, FACT_NEWS_SUBJECT,
	FACT_TRANSACTION, FACT_SECURITY, FACT_PAYMENT_DUE, FACT_BUILD, FACT_SOCIAL, FACT_ACTION_NEEDED,
	FACT_ACCOUNT, FACT_MONEY, FACT_TROUBLE, FACT_ROUTINE,
	FACT_CUT_OFF, FACT_TRAVEL_CHANGE, FACT_ALARM_NOW, FACT_STOPS_SOON, FACT_READS_URGENT, FACT_CLUB_DEADLINE,
	/* spam */
	FACT_UPSTREAM_SPAM, FACT_SPAM_WORDS, FACT_SPAM_MANY, FACT_ADVANCE_FEE, FACT_SHOUTING, FACT_REMOVE_ME,
	FACT_ANONYMOUS, FACT_GIBBERISH,
	/* suspicious */
	FACT_AUTH_PASS, FACT_ONE_CLICK, FACT_AUTH_FAIL, FACT_NAME_SPOOF, FACT_BRAND_SPOOF, FACT_LOOKALIKE, FACT_REPLY_ELSEWHERE,
	FACT_LINK_MISMATCH, FACT_LINK_BARE, FACT_CREDENTIALS, FACT_THREAT, FACT_PAYMENT_DETAILS,
	FACT_RISKY_FILE, FACT_DISGUISED_FILE, FACT_FEE_BAIT, FACT_PAY_ELSEWHERE, FACT_NAME_TAKEN,
	FACT__MAX
};

/* The sums that decide. */
enum sum { SUM_URGENT, SUM_REPLY, SUM_BULK, SUM_NEWS, SUM_PROMO, SUM_NOTICE, SUM_SPAM, SUM_SUSPECT,
           SUM__MAX };

struct facts {
	bool has[FACT__MAX];
	double sum[SUM__MAX];
	bool poses;                     /* its sender's name is another address, no sentence that holds one */
	int64_t deadline_ms;            /* 0: none */
	int64_t soon_ms;                /* until when it needs its reader, within a day or so; 0: it does not say */
	bool unproven;                  /* the reader's server looked who sent it, and found no proof */
	bool speaks_of_money;
	unsigned ignored;               /* sentences written to steer software, left out */
	bool wire, spam_judged;         /* as programs sent it; by the model of words */
	double spam_logit;              /* of the words and signs (email_triage_spam.h) */
	const char *spam_words;         /* which words, for a person; NULL: none */
	double urgent_logit;            /* of the model of urgency (email_triage_urgent.h); 0: it was not asked */
	double urgency;                 /* what that adds to SUM_URGENT */
};

/* Does any of these facts hold? */
static inline bool facts_hold(const struct facts *f, const enum fact *list, size_t n)
{
	while (n-- > 0)
		if (f->has[list[n]])
			return true;
	return false;
}
#define HAS_ANY(f, list) facts_hold(f, list, sizeof list / sizeof *list)

struct sentences;

enum effect_status { EFFECT_PLANNED, EFFECT_DONE, EFFECT_ALREADY_DONE, EFFECT_SKIPPED, EFFECT_FAILED };

struct effect {
	struct agent_effect what;       /* its kind ("archive", "label", "star"), and what the host knows of it */
	bool real;                      /* something outside is to change: neither planned only nor skipped */
	enum effect_status status;
	const char *label;              /* of a label */
	const char *remote_id, *reason, *undo;      /* NULL when there is none */
};

/* What is remembered of where a mail comes from. */
struct remembered { const char *subject; int64_t done, undone, changed_ms; };   /* subject NULL: it has none */

/* One mail on its way through a run. */
struct item {
	struct mail mail;
	const char *id, *thread_id;
	const char *bare_subject;       /* in lower case, without "Re:" */
	struct mail_ref ref;            /* where it came from a mailbox */
	int64_t received_ms;            /* 0: unknown */
	bool unread;
	struct facts facts;
	enum triage_category category;
	bool urgent;
	double score;                   /* 0–1: how much it wants the reader */
	int matched_rule;               /* the first whose word stands, -1: none */
	struct rule_verdict verdict;
	const char *vip;                /* the VIP that its sender is, NULL */
	const char *key, *copy;         /* the mail, wherever it lies, and which of several that are alike (NULL: the first) */
	struct remembered sender, list; /* how often their mail was archived, and moved back */
	bool moved_back;                /* it was archived before, and its reader moved it back */
	bool moved_back_now;            /* … which this run found out */
	bool wrote_to, answers_sent;    /* its reader has written to the sender; it answers a mail that was sent */
	const char *reasons[TRIAGE_REASONS_MAX];
	unsigned reason_count;
	bool archive, star;             /* what is to be done */
	const char *label;              /* NULL: none */
	const char *kept;               /* why it is not archived though its category or a rule says so */
	enum fact kept_for;             /* the fact that kept it, FACT__MAX: none */
	struct effect effects[TRIAGE_EFFECTS_MAX];
	unsigned effect_count;
};

struct warning { const char *code, *message, *item; };

struct triage_options {
	int64_t max_emails;
	const char *query;
	unsigned archive_categories;    /* bits by enum triage_category */
	const char *vips[TRIAGE_VIPS_MAX];
	unsigned vip_count;
	bool apply_archive, apply_label, apply_star, apply_drafts;
	bool asked_label;               /* apply_label was given, not taken as usual */
	bool dry_run;
	const char *timezone;           /* its name */
	struct zone *zone;
	int64_t reference_ms;
	bool inline_data;
};

struct triage {
	struct agent_ctx *ctx;
	struct arena arena;
	struct triage_options opt;
	struct rule_set *rules;
	struct query query;             /* of a mailbox's mails */
	struct mailbox box;
	bool has_box;
	const char *connection;         /* its id */
	int64_t listed_ms;              /* when the mailbox was asked what it holds */
	const char *me;                 /* the owner's address, "" when it is not known */
	struct item *items;
	unsigned count;
	struct warning warnings[TRIAGE_WARNINGS_MAX];
	unsigned warning_count;
};

void triage_warn(struct triage *t, const char *code, const char *item, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* email_triage_input.c */
bool triage_read_options(struct triage *t, struct error *err);
void triage_release_options(struct triage *t);

/* email_triage_compose.c: a mail of emails[] as it would be transferred, so that it takes the same way as all others */
bool triage_compose(struct json_object *email, struct buf *out, struct error *err);

/* email_triage_source.c, email_triage_inline.c: fill items, a mailbox's newest first */
bool triage_read_query(struct triage *t, struct error *err);
/* Opens the connected mailbox, unless the input gives the mails. */
bool triage_open(struct triage *t, struct error *err);
/* Was a mail that an earlier run archived moved back since, as it is not in the archive any more? */
bool triage_came_back(struct triage *t, const char *message_id, const struct agent_effect *archive, bool *back,
                      struct error *err);
/* Of an error about one mail: the mailbox itself does not answer, or the run was stopped. */
bool triage_ends_attempt(const struct error *why);
bool triage_gather(struct triage *t, struct error *err);
bool triage_gather_inline(struct triage *t, struct error *err);
/* ERR_INVALID_INPUT when two of the input's mails have one id. */
bool triage_check_ids(struct triage *t, struct error *err);
/* What every item gets once its mail is parsed; it->id is set. */
void triage_finish_item(struct triage *t, struct item *it);
/* Warns that an mbox holds something else, and what was done. */
void triage_warn_no_mbox(struct triage *t, const char *which, const char *holds, const char *done);

/* email_triage_facts.c, email_triage_people.c, email_triage_suspect.c: fill item->facts but its sums */
void triage_find_facts(struct triage *t, struct item *it);
void triage_find_people(struct triage *t, struct item *it);
void triage_find_suspicion(struct triage *t, struct item *it);
/* The reader's address, "" when the mails leave it open. */
const char *triage_own_address(struct triage *t);
bool triage_is_among(const struct mail_address *all, unsigned n, const char *addr);

/* email_triage_press.c: what cannot wait, in what the sentences say and name (email_triage_says.h); their times are noted
 * and the other facts known. */
void press_note(const struct triage *t, struct item *it, const struct sentences *s);
/* "needs you before 15:00 today", NULL when no such time is named. */
const char *press_reason(struct triage *t, const struct item *it);

/* email_triage_notices.c: sets why a notification is not archived without a rule, if it may not be */
void notices_keep(struct item *it);
/* Does a notification need its reader now: is an account, a service or a journey cut off or changed? */
bool notices_press(const struct facts *f);

/* email_triage_weights.c */
void triage_sum(struct facts *f);
/* How a fact is told to a person; NULL: it is not worth telling. */
const char *triage_reason(enum fact fact);
/* The reasons for a category, the weightiest first, behind what tells that the sender may be another. One is told
 * otherwise (FACT__MAX: none). */
unsigned triage_reasons(const struct facts *f, enum triage_category category, enum fact told_otherwise,
                        const char **out, unsigned max);

/* email_triage_decide.c: category, urgency, score, reasons and what is to be done, of all items */
void triage_decide(struct triage *t);

/* email_triage_threads.c: one conversation, one decision, its newest mail's. leaders[i] becomes the index of i's newest. */
void threads_join(struct triage *t, unsigned leaders[TRIAGE_EMAILS_MAX]);
/* If one mail of a conversation stays in the inbox, all do. */
void threads_keep(struct triage *t, const unsigned leaders[TRIAGE_EMAILS_MAX]);

/* email_triage_explain.c: reasons and score of one that is decided */
void triage_explain(struct triage *t, struct item *it);

/* email_triage_memory.c: what is known of the mails and their senders from earlier runs and from the mails that their
 * reader sent; learns from what was moved back. Of a mailbox only. */
bool triage_remember(struct triage *t, struct error *err);
/* A mail's effect by its names; content NULL: none. */
void triage_name_effect(struct triage *t, const struct item *it, const char *kind, const char *content, struct agent_effect *out);
/* Why a mail that no rule speaks of stays although its category is archived, NULL: nothing is remembered for it. */
const char *triage_remembered_reason(struct triage *t, const struct item *it);

/* email_triage_effects.c: what is to be done to each mail, as effects; what nothing outside changes is told at once */
void triage_intend(struct triage *t);
const char *triage_undo_of_archive(struct triage *t, const char *where);

/* email_triage_plan.c: decisions as text, for an attempt that goes on */
void triage_write_plan(const struct triage *t, struct buf *out);
/* What an earlier attempt decided; *resumed false: none did, or in a form that is not read any more. */
bool triage_resume(struct triage *t, bool *resumed, struct error *err);

/* email_triage_act.c: does what is intended. resumed: the plan is kept already. */
bool triage_act(struct triage *t, bool resumed, struct error *err);

/* email_triage_output.c */
void triage_write(struct triage *t, struct agent_result *result);

#endif
