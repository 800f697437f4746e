/* Any text as a rule, a search and a sentence with a deadline. */
#include <string.h>

#include "agents/email_triage_query.h"
#include "agents/email_triage_rules.h"
#include "agents/email_triage_when.h"
#include "base/mem.h"
#include "fuzz.h"

static void check_rule(const char *text, const struct mail *m)
{
	struct rule_subject s = {.mail = m, .category = TRIAGE_NEWSLETTER, .me = "sam@y.org", .age_ms = 1};
	struct rule_set *set = rules_compile(&text, 1);
	struct rule_verdict v;
	unsigned i;

	rules_apply(set, &s, &v);
	for (i = 0; i < RULE_MATTER__MAX; i++)
		MUST(v.by[i] == -1 || (v.by[i] == 0 && rules_understood(set, 0)));
	MUST(!(v.archive && v.never_archive));
	MUST(!v.label || *v.label);
	rules_free(set);
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
	if (when_deadline(s, s->all, zone, base, true, &at))
		MUST(at > base - INT64_C(3) * 86400000 && at < base + INT64_C(402) * 86400000);
	arena_release(&a);
	mem_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char raw[] = "From: Ann <ann@x.org>\nTo: sam@y.org\nSubject: Invoice\nList-Id: <x>\n\nbody\n";
	static struct zone *zone;
	char *text = mem_strndup((const char *)data, n);
	struct error err;
	struct mail m;

	if (!zone)
		zone = zone_load("Europe/Berlin", &err);
	MUST(zone);
	mail_parse(&m, raw, sizeof raw - 1, false);
	check_rule(text, &m);
	check_query(text, &m, zone);
	check_deadline(text, zone);
	mail_release(&m);
	mem_free(text);
	return 0;
}
