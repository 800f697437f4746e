/* The names that the API has for what store/schedules.h tells. */
#include "store/schedules.h"

#include <string.h>

static const char *const catch_up_names[CATCH_UP__MAX] = {
	[CATCH_UP_LATEST] = "latest", [CATCH_UP_NONE] = "none"};
static const char *const overlap_names[OVERLAP__MAX] = {
	[OVERLAP_QUEUE] = "queue", [OVERLAP_SKIP] = "skip", [OVERLAP_CANCEL_PREVIOUS] = "cancel_previous"};
static const char *const outcome_names[SLOT_OUTCOME__MAX] = {
	[SLOT_FIRED] = "fired", [SLOT_CAUGHT_UP] = "caught_up", [SLOT_SKIPPED] = "skipped", [SLOT_MANUAL] = "manual"};
static const char *const reason_names[SLOT_REASON__MAX] = {
	[SLOT_MISSED] = "missed", [SLOT_MERGED] = "merged", [SLOT_EDITED] = "edited", [SLOT_OVERLAP] = "overlap",
	[SLOT_BACKLOG] = "backlog", [SLOT_SUBSCRIPTION] = "subscription", [SLOT_INTEGRATION] = "integration",
	[SLOT_AGENT] = "agent", [SLOT_RUNS_PER_DAY] = "runs_per_day", [SLOT_RUNS_PER_MONTH] = "runs_per_month",
	[SLOT_TOKENS_PER_MONTH] = "tokens_per_month"};

/* n when there is none of that name. */
static unsigned by_name(const char *const *names, unsigned n, const char *name)
{
	unsigned i;

	for (i = 0; i < n && strcmp(names[i], name) != 0; i++)
		;
	return i;
}

const char *catch_up_name(enum catch_up c)
{
	return (unsigned)c < CATCH_UP__MAX ? catch_up_names[c] : "";
}

bool catch_up_by_name(const char *name, enum catch_up *out)
{
	*out = (enum catch_up)by_name(catch_up_names, CATCH_UP__MAX, name);
	return *out < CATCH_UP__MAX;
}

const char *overlap_name(enum overlap o)
{
	return (unsigned)o < OVERLAP__MAX ? overlap_names[o] : "";
}

bool overlap_by_name(const char *name, enum overlap *out)
{
	*out = (enum overlap)by_name(overlap_names, OVERLAP__MAX, name);
	return *out < OVERLAP__MAX;
}

const char *slot_outcome_name(enum slot_outcome o)
{
	return (unsigned)o < SLOT_OUTCOME__MAX ? outcome_names[o] : "";
}

bool slot_outcome_by_name(const char *name, enum slot_outcome *out)
{
	*out = (enum slot_outcome)by_name(outcome_names, SLOT_OUTCOME__MAX, name);
	return *out < SLOT_OUTCOME__MAX;
}

const char *slot_reason_name(enum slot_reason r)
{
	return (unsigned)r < SLOT_REASON__MAX ? reason_names[r] : NULL;
}
