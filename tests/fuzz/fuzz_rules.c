/* Any text as a rule, as text with amounts of money, a search and a sentence with a deadline. */
#include <string.h>

#include "agents/email_triage_money.h"
#include "agents/email_triage_query.h"
#include "agents/email_triage_rules.h"
#include "agents/email_triage_when.h"
#include "base/mem.h"
#include "fuzz.h"

static void check_verdict(const struct rule_verdict *v, const struct rule_set *set)
{
	unsigned i;

	for (i = 0; i < RULE_MATTER__MAX; i++) {
		MUST(v->by[i] == -1 || (v->by[i] == 0 && rules_understood(set, 0)));
		MUST(v->beaten[i] == 0 || (i == RULE_ON_KEEP && v->beaten[i] == 1));
	}
	MUST(!(v->archive && v->never_archive));
	MUST(!v->label || *v->label);
}

/* What is not understood has a problem, and its nearest form, if there is one, is understood. */
static void check_help(const struct rule_set *set)
{
	const char *nearest = rules_nearest(set, 0);
	struct rule_set *again;

	MUST((rules_problem(set, 0) != NULL) == !rules_understood(set, 0));
	if (!nearest)
		return;
	MUST(!rules_understood(set, 0));
	again = rules_compile(&nearest, 1);
	MUST(rules_understood(again, 0));
	rules_free(again);
}

static void check_rule(const char *text, const struct mail *m, const struct zone *zone)
{
	struct rule_subject s = {.mail = m, .category = TRIAGE_NEWSLETTER, .me = "sam@y.org", .age_ms = 1, .zone = zone,
	                         .now_ms = INT64_C(1772442000000), .received_ms = INT64_C(1772440000000)};
	struct rule_set *set = rules_compile(&text, 1);
	struct rule_verdict v;

	rules_apply(set, &s, &v);
	check_verdict(&v, set);
	check_help(set);
	rules_free(set);
}

static void check_money(const char *text)
{
	struct money_found found;
	struct money m;
	size_t n = money_read(text, &m);
	unsigned i;

	MUST(n <= strlen(text));
	MUST(n == 0 || (m.cents >= 0 && m.cents <= MONEY_MAX && m.currency < CURRENCY__MAX));
	money_none(&found);
	money_find(&found, text);
	MUST(found.cents[CURRENCY_NONE] == -1);
	for (i = 0; i < CURRENCY__MAX; i++)
		MUST(found.cents[i] >= -1 && found.cents[i] <= MONEY_MAX);
}

static void check_query(const char *text, const struct mail *m, const struct zone *zone)
{
	struct error err = {0};
	struct query q;
	struct arena a;

	arena_init(&a);
	if (query_parse(&a, text, zone, INT64_C(1772442000000), &q, &err))
		query_matches(&q, &a, m, 1, true);
	else
		MUST(err.code == ERR_INVALID_INPUT);
	arena_release(&a);
}

static void check_deadline(const char *text, const struct zone *zone)
{
	struct sentences *s = mem_zalloc(sizeof *s);
	int64_t base = INT64_C(1772442000000), at;
	struct arena a;

	arena_init(&a);
	sentences_add(s, &a, text, false);
	if (when_deadline(s, s->all, zone, base, &at))
		MUST(at > base - INT64_C(3) * 86400000 && at < base + INT64_C(402) * 86400000);
	arena_release(&a);
	mem_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char raw[] = "From: Ann <ann@x.org>\nTo: sam@y.org\nSubject: Invoice\nList-Id: <x.lists.org>\n\nTotal: $1,234.50\n";
	static struct zone *zone;
	char *text = mem_strndup((const char *)data, n);
	struct error err;
	struct mail m;

	if (!zone)
		zone = zone_load("Europe/Berlin", &err);
	MUST(zone);
	mail_parse(&m, raw, sizeof raw - 1, false);
	check_rule(text, &m, zone);
	check_money(text);
	check_query(text, &m, zone);
	check_deadline(text, zone);
	mail_release(&m);
	mem_free(text);
	return 0;
}
