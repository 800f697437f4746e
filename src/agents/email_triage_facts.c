/* What a mail says of itself in its headers, how it stands to the reader, and what its text asks. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "agents/email_triage_cues.h"
#include "agents/email_triage_says.h"
#include "agents/email_triage_spam.h"
#include "agents/email_triage_when.h"
#include "base/mem.h"

#define HOUR_MS    INT64_C(3600000)

/* ---- Headers ---- */

static bool starts(const char *value, const char *prefix)
{
	return value && strncasecmp(value, prefix, strlen(prefix)) == 0;
}

/* Headers whose presence is the fact; a '*' at the end: any that begins so. */
static const struct { const char *name; enum fact fact; } header_facts[] = {
	{"List-Id", FACT_LIST_ID}, {"List-Post", FACT_LIST_POST}, {"List-Unsubscribe", FACT_LIST_UNSUBSCRIBE},
	{"List-Unsubscribe-Post", FACT_ONE_CLICK},
	{"X-BeenThere", FACT_LIST_ID}, {"X-Mailman-Version", FACT_LIST_ID}, {"Mailing-List", FACT_LIST_ID},
	{"X-GitHub-*", FACT_SERVICE_HEADERS}, {"X-GitLab-*", FACT_SERVICE_HEADERS},
	{"X-Gitea-*", FACT_SERVICE_HEADERS}, {"X-Forgejo-*", FACT_SERVICE_HEADERS},
	{"X-JIRA-*", FACT_SERVICE_HEADERS}, {"X-Jenkins-*", FACT_SERVICE_HEADERS},
	{"X-Bugzilla-*", FACT_SERVICE_HEADERS}, {"X-Sentry-*", FACT_SERVICE_HEADERS},
	{"X-Nagios-*", FACT_SERVICE_HEADERS}, {"X-Cron-Env", FACT_SERVICE_HEADERS},
	{"X-Discourse-*", FACT_SERVICE_HEADERS}, {"X-Slack-*", FACT_SERVICE_HEADERS},
	{"X-Stripe-*", FACT_SERVICE_HEADERS}, {"X-PagerDuty-*", FACT_SERVICE_HEADERS},
	{"X-Campaign*", FACT_CAMPAIGN_HEADERS}, {"X-MC-User", FACT_CAMPAIGN_HEADERS},
	{"X-Mailgun-*", FACT_CAMPAIGN_HEADERS}, {"X-SG-EID", FACT_CAMPAIGN_HEADERS},
	{"X-SES-Outgoing", FACT_CAMPAIGN_HEADERS}, {"Feedback-ID", FACT_CAMPAIGN_HEADERS},
	{"X-CSA-Complaints", FACT_CAMPAIGN_HEADERS}, {"X-Mailchimp-*", FACT_CAMPAIGN_HEADERS},
	{"X-Klaviyo-*", FACT_CAMPAIGN_HEADERS}, {"X-HubSpot-*", FACT_CAMPAIGN_HEADERS},
	{"X-Job", FACT_CAMPAIGN_HEADERS}, {"X-Mailer-LID", FACT_CAMPAIGN_HEADERS},
};

/* Headers whose value begins so. */
static const struct { const char *name, *begins; enum fact fact; } value_facts[] = {
	{"Precedence", "bulk", FACT_PRECEDENCE}, {"Precedence", "list", FACT_PRECEDENCE},
	{"Precedence", "junk", FACT_PRECEDENCE},
	{"Auto-Submitted", "auto-replied", FACT_AUTO_REPLY},      /* RFC 3834 5.2 */
	{"X-Priority", "1", FACT_PRIORITY_HEADER},
	{"Importance", "high", FACT_PRIORITY_HEADER}, {"Importance", "urgent", FACT_PRIORITY_HEADER},
	{"Priority", "high", FACT_PRIORITY_HEADER}, {"Priority", "urgent", FACT_PRIORITY_HEADER},
	{"X-Spam-Flag", "yes", FACT_UPSTREAM_SPAM}, {"X-Spam-Status", "yes", FACT_UPSTREAM_SPAM},
	{"X-Spam", "yes", FACT_UPSTREAM_SPAM},
};

/* Names are three bytes long at least, and most differ in those. */
static inline bool may_be(const char *name, const char *known)
{
	return ((name[0] ^ known[0]) & 0xDF) == 0 && ((name[1] ^ known[1]) & 0xDF) == 0 && ((name[2] ^ known[2]) & 0xDF) == 0;
}

static bool name_matches(const char *name, const char *pattern)
{
	size_t n;

	if (!may_be(name, pattern))
		return false;
	n = strlen(pattern);
	return pattern[n - 1] == '*' ? strncasecmp(name, pattern, n - 1) == 0 : strcasecmp(name, pattern) == 0;
}

static bool is_named(const struct mail_header *h, const char *name)
{
	return may_be(h->name, name) && strcasecmp(h->name, name) == 0;
}

static void note_header(const struct mail_header *h, struct facts *f)
{
	unsigned i;

	for (i = 0; i < sizeof header_facts / sizeof *header_facts; i++)
		if (name_matches(h->name, header_facts[i].name))
			f->has[header_facts[i].fact] = true;
	for (i = 0; i < sizeof value_facts / sizeof *value_facts; i++)
		if (is_named(h, value_facts[i].name) && starts(h->value, value_facts[i].begins))
			f->has[value_facts[i].fact] = true;
	if (is_named(h, "Auto-Submitted") && !starts(h->value, "no"))
		f->has[FACT_AUTO_SUBMITTED] = true;
}

/* What the part before the @ tells; whole words between separators. */
static const struct { const char *word; enum fact fact; } sender_facts[] = {
	{"noreply", FACT_NO_REPLY}, {"no-reply", FACT_NO_REPLY}, {"no_reply", FACT_NO_REPLY},
	{"do-not-reply", FACT_NO_REPLY}, {"donotreply", FACT_NO_REPLY}, {"do_not_reply", FACT_NO_REPLY},
	{"nicht-antworten", FACT_NO_REPLY}, {"newsletter", FACT_NEWS_SENDER}, {"newsletters", FACT_NEWS_SENDER},
	{"news", FACT_NEWS_SENDER}, {"digest", FACT_NEWS_SENDER}, {"editor", FACT_NEWS_SENDER},
	{"weekly", FACT_NEWS_SENDER}, {"marketing", FACT_PROMO_SENDER}, {"offers", FACT_PROMO_SENDER},
	{"deals", FACT_PROMO_SENDER}, {"promo", FACT_PROMO_SENDER}, {"promotions", FACT_PROMO_SENDER},
	{"shop", FACT_PROMO_SENDER}, {"store", FACT_PROMO_SENDER}, {"rewards", FACT_PROMO_SENDER},
	{"notification", FACT_NOTICE_SENDER}, {"notifications", FACT_NOTICE_SENDER}, {"notify", FACT_NOTICE_SENDER},
	{"alert", FACT_NOTICE_SENDER}, {"alerts", FACT_NOTICE_SENDER}, {"builds", FACT_NOTICE_SENDER},
	{"ci", FACT_NOTICE_SENDER}, {"cron", FACT_NOTICE_SENDER}, {"jenkins", FACT_NOTICE_SENDER},
	{"monitoring", FACT_NOTICE_SENDER}, {"nagios", FACT_NOTICE_SENDER}, {"icinga", FACT_NOTICE_SENDER},
	{"zabbix", FACT_NOTICE_SENDER}, {"alertmanager", FACT_NOTICE_SENDER}, {"grafana", FACT_NOTICE_SENDER},
	{"root", FACT_NOTICE_SENDER}, {"automated", FACT_NOTICE_SENDER}, {"account-update", FACT_NOTICE_SENDER},
	{"order-update", FACT_NOTICE_SENDER}, {"receipts", FACT_NOTICE_SENDER}, {"billing", FACT_NOTICE_SENDER},
	{"mailer-daemon", FACT_BOUNCE}, {"postmaster", FACT_BOUNCE},
};

static bool local_part_has(const char *addr, const char *word)
{
	size_t n = strcspn(addr, "@"), len = strlen(word), i;

	for (i = 0; i + len <= n; i++)
		if (addr[i] == *word && strncmp(addr + i, word, len) == 0 && (i == 0 || !isalnum((unsigned char)addr[i - 1])) &&
		    (i + len == n || !isalnum((unsigned char)addr[i + len])))
			return true;
	return false;
}

/* How programs begin the subject of an answer while somebody is away. A person may begin one so, too: none is archived
 * for it. */
static const char *const auto_replies[] = {
	"out of office:", "automatic reply:", "auto-reply:", "autoreply:", "auto reply:", "abwesenheitsnotiz", "abwesenheit:",
	"automatische antwort:", "réponse automatique", "réponse d'absence", "respuesta automática", "risposta automatica",
	"automatisch antwoord", "resposta automática", "odpowiedź automatyczna", "autosvar:", "自動応答", "自動返信",
};

static void note_auto_reply(const struct mail *m, struct facts *f)
{
	unsigned i;

	for (i = 0; i < sizeof auto_replies / sizeof *auto_replies; i++)
		f->has[FACT_AUTO_REPLY] |= starts(m->subject, auto_replies[i]);
}

static void note_sender(const struct mail *m, struct facts *f)
{
	unsigned i;

	for (i = 0; i < sizeof sender_facts / sizeof *sender_facts; i++)
		if (local_part_has(m->from.addr, sender_facts[i].word))
			f->has[sender_facts[i].fact] = true;
	if (!*m->from.addr)
		f->has[FACT_ANONYMOUS] = true;
}

/* ---- Text ---- */

/* What counts of a kind of cue makes a fact. */
static const struct { enum cue cue; unsigned least; enum fact fact; } cue_facts[] = {
	{CUE_OUTAGE, 1, FACT_OUTAGE}, {CUE_TROUBLE, 1, FACT_OUTAGE}, {CUE_NO_HURRY, 1, FACT_NO_HURRY},
	{CUE_FAULT, 1, FACT_FAULT}, {CUE_EMERGENCY, 1, FACT_EMERGENCY},
	{CUE_RESOLVED, 1, FACT_RESOLVED}, {CUE_URGENT, 1, FACT_URGENT_WORDS}, {CUE_ESCALATION, 1, FACT_ESCALATION},
	{CUE_NO_ACTION, 1, FACT_NO_ACTION}, {CUE_PROMO, 1, FACT_PROMO_WORDS}, {CUE_PROMO, 3, FACT_PROMO_MANY},
	{CUE_NEWS, 1, FACT_NEWS_WORDS}, {CUE_TRANSACTION, 1, FACT_TRANSACTION}, {CUE_SECURITY, 1, FACT_SECURITY},
	{CUE_PAYMENT_DUE, 1, FACT_PAYMENT_DUE}, {CUE_BUILD, 1, FACT_BUILD}, {CUE_SOCIAL, 1, FACT_SOCIAL},
	{CUE_ACTION, 1, FACT_ACTION_NEEDED}, {CUE_SPAM, 2, FACT_SPAM_WORDS}, {CUE_SPAM, 4, FACT_SPAM_MANY},
	{CUE_ADVANCE_FEE, 2, FACT_ADVANCE_FEE}, {CUE_REMOVE, 1, FACT_REMOVE_ME},
	{CUE_CREDENTIALS, 1, FACT_CREDENTIALS}, {CUE_THREAT, 1, FACT_THREAT},
	{CUE_PAYMENT_DETAILS, 1, FACT_PAYMENT_DETAILS}, {CUE_UNSUBSCRIBE, 1, FACT_UNSUBSCRIBE_TEXT},
	{CUE_BROWSER, 1, FACT_BROWSER_TEXT},
}, subject_facts[] = {
	{CUE_OUTAGE, 1, FACT_OUTAGE_SUBJECT}, {CUE_TROUBLE, 1, FACT_OUTAGE_SUBJECT},
	{CUE_URGENT, 1, FACT_URGENT_SUBJECT}, {CUE_CUT_OFF, 1, FACT_CUT_OFF}, {CUE_NEWS, 1, FACT_NEWS_SUBJECT},
};

static bool has_percent_off(const struct sentences *s)
{
	unsigned i;
	const char *p;

	for (i = 0; i < s->count; i++)
		for (p = s->all[i].text; (p = strchr(p, '%')) != NULL; p++)
			if (p > s->all[i].text && isdigit((unsigned char)p[-1]) &&
			    (text_has_phrase(p, "off") || text_has_phrase(p, "rabatt") || text_has_phrase(s->all[i].text, "save") ||
			     text_has_phrase(s->all[i].text, "discount*")))
				return true;
	return false;
}

/* Written in capitals, with letters enough to tell, or full of exclamation marks. */
static bool shouts(const char *subject)
{
	unsigned upper = 0, lower = 0, marks = 0;

	for (; *subject; subject++) {
		upper += isupper((unsigned char)*subject) != 0;
		lower += islower((unsigned char)*subject) != 0;
		marks += *subject == '!' || *subject == '$';
	}
	return (upper > 10 && upper > 3 * lower) || marks > 2;
}

/* Random letters that are to make each copy differ: "Save now          xgkqpw". */
static bool ends_in_gibberish(const char *subject)
{
	const char *word = strrchr(subject, ' ');
	unsigned consonants = 0, longest = 0;
	const char *p;

	if (!word || strlen(word) < 7)
		return false;
	for (p = word + 1; *p; p++) {
		if (!isalnum((unsigned char)*p))
			return false;
		consonants = strchr("aeiouyAEIOUY", *p) ? 0 : consonants + 1;
		longest = consonants > longest ? consonants : longest;
	}
	return longest >= 6;
}

static void note_deadline(struct triage *t, struct item *it, struct sentences *s,
                          const struct sentence *request)
{
	int64_t base = it->received_ms ? it->received_ms : t->opt.reference_ms;
	int64_t left;
	struct facts *f = &it->facts;

	if (!when_deadline(s, request, t->opt.zone, base, &f->deadline_ms))
		return;
	left = f->deadline_ms - t->opt.reference_ms;
	f->has[FACT_DEADLINE] = left > -48 * HOUR_MS;
	f->has[FACT_DEADLINE_SOON] = left >= 0 && left <= 24 * HOUR_MS;
	f->has[FACT_OVERDUE] = left < 0 && left > -48 * HOUR_MS;
}

static void note_cues(struct facts *f, const struct cue_counts *c)
{
	unsigned i;

	for (i = 0; i < sizeof cue_facts / sizeof *cue_facts; i++)
		f->has[cue_facts[i].fact] |= c->distinct[cue_facts[i].cue] >= cue_facts[i].least;
	for (i = 0; i < sizeof subject_facts / sizeof *subject_facts; i++)
		f->has[subject_facts[i].fact] |= c->in_subject[subject_facts[i].cue] >= subject_facts[i].least;
	f->has[FACT_REQUEST] = c->request != NULL;
	f->has[FACT_QUESTION] = c->question;
}

/* Footers stand after the signature, where the author's own text ends. */
static void note_footer(const struct mail *m, struct facts *f)
{
	uint32_t seen = cues_of_footer(m->text, m->text_len);

	f->has[FACT_UNSUBSCRIBE_TEXT] |= seen >> CUE_UNSUBSCRIBE & 1;
	f->has[FACT_REMOVE_ME] |= seen >> CUE_REMOVE & 1;
}

static void note_text(struct triage *t, struct item *it)
{
	struct sentences *s = mem_alloc(sizeof *s);
	const char *own = mail_own_text(&it->mail);
	struct cue_counts cues;
	struct facts *f = &it->facts;

	sentences_init(s);
	sentences_add(s, &t->arena, it->mail.subject, true);
	sentences_add(s, &t->arena, own, false);
	f->ignored = s->ignored;
	cues_count(s, &cues);
	note_cues(f, &cues);
	notices_note(s, f);
	f->has[FACT_DISCOUNT] = has_percent_off(s);
	f->has[FACT_SHOUTING] = shouts(it->mail.subject);
	f->has[FACT_GIBBERISH] = ends_in_gibberish(it->mail.subject);
	note_deadline(t, it, s, cues.request);
	note_footer(&it->mail, f);
	f->has[FACT_BY_HAND] = triage_is_by_hand(t, it, own, s);
	press_note(t, it, s);
	mem_free(s);
}

static void note_calendar(const struct mail *m, struct facts *f)
{
	if (!*m->calendar_method)
		return;
	if (strcasecmp(m->calendar_method, "REQUEST") == 0)
		f->has[FACT_INVITATION] = true;
	else
		f->has[FACT_CALENDAR_NEWS] = true;
}

void triage_find_facts(struct triage *t, struct item *it)
{
	const struct mail *m = &it->mail;
	struct facts *f = &it->facts;
	const char *path = mail_header(m, "Return-Path");
	unsigned i;

	for (i = 0; i < m->header_count; i++)
		note_header(&m->headers[i], f);
	note_sender(m, f);
	note_auto_reply(m, f);
	if (path && strcmp(path, "<>") == 0)       /* RFC 5321 4.5.5: nobody is there to be answered */
		f->has[FACT_AUTO_SUBMITTED] = true;
	triage_find_people(t, it);
	note_calendar(m, f);
	if (!m->cut) {
		f->spam_judged = true;
		f->wire = spam_has_wire(m);
		f->spam_logit = spam_logit(m, &t->arena, &f->spam_words);
	}
	note_text(t, it);
	triage_find_suspicion(t, it);
	triage_sum(f);
}
