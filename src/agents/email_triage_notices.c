/* Notices of programs: which may need their reader, and which are known to need nobody. Only those that are known
 * are archived without a rule; a word too many here leaves one more in the inbox, one too few must not lose any. */
#include "agents/email_triage.h"
#include "agents/email_triage_cues.h"
#include "agents/email_triage_says.h"

void notices_note(const struct sentences *s, struct facts *f)
{
	unsigned i;

	for (i = 0; i < s->count; i++) {
		uint32_t seen = s->all[i].says;

		f->has[FACT_ACCOUNT] |= (seen & SAYS_SECURITY) || all_of(seen, SAYS_YOURS | SAYS_THING | SAYS_CHANGED);
		f->has[FACT_MONEY] |= all_of(seen, SAYS_MONEY | SAYS_MOVED) || all_of(seen, SAYS_MONEY | SAYS_TROUBLE);
		f->speaks_of_money |= (seen & SAYS_MONEY) != 0;
		f->has[FACT_TRAVEL_CHANGE] |= all_of(seen, SAYS_JOURNEY | SAYS_SHIFTED);
		f->has[FACT_TROUBLE] |= (seen & SAYS_TROUBLE) != 0;
		f->has[FACT_ROUTINE] |= (seen & SAYS_ROUTINE) || all_of(seen, SAYS_WORK | SAYS_WENT_WELL);
	}
}

/* ---- What stays ---- */

static const struct { enum fact fact; const char *why; } needs[] = {
	{FACT_SECURITY, "kept in the inbox: it is about your account's security"},
	{FACT_ACCOUNT, "kept in the inbox: it is about your account's security"},
	{FACT_PAYMENT_DUE, "kept in the inbox: it is about a payment that is due"},
	{FACT_MONEY, "kept in the inbox: it is about a payment or your money"},
	{FACT_OUTAGE, "kept in the inbox: it reports that something is broken"},
	{FACT_BOUNCE, "kept in the inbox: it is a mail server's report"},
	{FACT_CALENDAR_NEWS, "kept in the inbox: it is news of an appointment"},
	{FACT_INVITATION, "kept in the inbox: it is an invitation"},
	{FACT_ACTION_NEEDED, "kept in the inbox: something in it may need you"},
};

/* Of a list, or known to tell of something that is in order. To offer to unsubscribe is not enough: banks do so too. */
static bool is_harmless(const struct facts *f)
{
	if (f->has[FACT_LIST_ID])
		return true;
	if (f->has[FACT_TROUBLE])
		return false;
	return f->has[FACT_ROUTINE] || f->has[FACT_SOCIAL] ||
	       (f->has[FACT_SERVICE_HEADERS] && (f->has[FACT_PRECEDENCE] || f->has[FACT_LIST_UNSUBSCRIBE]));
}

static const char *why_kept(const struct item *it)
{
	const struct facts *f = &it->facts;
	bool by_rule = it->verdict.has_category && it->verdict.category == it->category;

	if (it->mail.cut)
		return "kept in the inbox: only its headers were read";
	if (f->has[FACT_TRANSACTION] && it->mail.attachment_count > 0)
		return "kept in the inbox: it comes with a file about an order, a bill or an account";
	if (by_rule || is_harmless(f))
		return NULL;
	return f->has[FACT_TROUBLE] ? "kept in the inbox: it may tell that something failed or ends"
	                            : "kept in the inbox: it may matter to you";
}

bool notices_press(const struct facts *f)
{
	bool yours = f->has[FACT_ACCOUNT] || f->has[FACT_SECURITY] || f->has[FACT_MONEY] || f->has[FACT_PAYMENT_DUE];

	return f->has[FACT_TRAVEL_CHANGE] || f->has[FACT_ALARM_NOW] || f->has[FACT_STOPS_SOON] || f->has[FACT_READS_URGENT] ||
	       (f->has[FACT_CUT_OFF] && yours);
}

void notices_keep(struct item *it)
{
	unsigned i;

	for (i = 0; i < sizeof needs / sizeof *needs && !it->mail.cut; i++)
		if (it->facts.has[needs[i].fact]) {
			it->kept = needs[i].why;
			it->kept_for = needs[i].fact;
			return;
		}
	it->kept = why_kept(it);
}
