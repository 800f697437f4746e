/* Slots of an expression in a zone.
 *
 * Time is walked by spans of one offset (zone_span_at). Within a span, slots are the local times that match. With fixed
 * times (API.md, Schedules), those that an earlier span had are left out, and a change adds the local times that it
 * skips: at local - offset before, in the span that begins there or, when changes are close, in a later one. */
#include "base/cron_priv.h"

#define OFFSET_S INT64_C(93600)          /* no offset is larger */
#define REACH_S  (2 * OFFSET_S)          /* no change moves the wall clock farther */
/* Two cycles of the calendar: before a zone's first change every expression matches within decades, and what does not match
 * in the cycle after its table never does (elapsed time in an hour that New York skips each year). */
#define LOOK_S   (2 * INT64_C(146097) * 86400)

struct walk {
	const struct cron *c;
	const struct zone *z;
	/* Looking ahead, no local time in [known_from, known_to) matches, looking back none in (known_from, known_to]: it is
	 * looked for once, and not again in each of the spans between. */
	int64_t known_from, known_to;
};

struct best { int64_t at; bool moved; };

static int64_t local_from(struct walk *w, int64_t local)
{
	if (local < w->known_from || local > w->known_to) {
		w->known_from = local;
		w->known_to = cron_local_from(w->c, local);
	}
	return w->known_to;
}

static int64_t local_until(struct walk *w, int64_t local)
{
	if (local < w->known_from || local > w->known_to) {
		w->known_to = local;
		w->known_from = cron_local_until(w->c, local);
	}
	return w->known_from;
}

/* Whether a local time of span s occurred before it; out is the span that had it. */
static bool occurred(const struct walk *w, const struct zone_span *s, int64_t local, struct zone_span *out)
{
	int64_t at = s->from;

	while (at != ZONE_BEGIN && at > local - OFFSET_S) {
		zone_span_at(w->z, at - 1, out);
		if (out->from + out->offset <= local && local < out->to + out->offset)
			return true;
		at = out->from;
	}
	return false;
}

/* The first slot from x on, the last up to x, by local times that occur in the span. */
static int64_t natural_from(struct walk *w, const struct zone_span *s, int64_t x)
{
	int64_t local = local_from(w, x + s->offset), end = s->to + s->offset;
	struct zone_span earlier;

	while (!w->c->elapsed && local < end && occurred(w, s, local, &earlier))
		local = local_from(w, earlier.to + earlier.offset);
	return local < end ? local - s->offset : CRON_NONE_AHEAD;
}

static int64_t natural_until(struct walk *w, const struct zone_span *s, int64_t x)
{
	int64_t local = local_until(w, x + s->offset), begin = s->from + s->offset;
	struct zone_span earlier;

	while (!w->c->elapsed && local >= begin && occurred(w, s, local, &earlier))
		local = local_until(w, earlier.from + earlier.offset - 1);
	return local >= begin ? local - s->offset : CRON_NONE_BACK;
}

/* Whether a local time that the change at the end of span a passes over occurs nowhere, and no change before passes
 * over it. */
static bool is_moved(const struct walk *w, const struct zone_span *a, int64_t local)
{
	int64_t ms;

	return zone_to_utc(w->z, local * 1000, &ms) == ZONE_SKIPPED && ms == (local - a->offset) * 1000;
}

/* The first slot from x on, the last up to x, by local times that the change from span a to span b skips. */
static int64_t moved_from(struct walk *w, const struct zone_span *a, const struct zone_span *b, int64_t x)
{
	int64_t local = b->from > x ? b->from + a->offset : x + a->offset, end = b->from + b->offset;

	while (local < end && (local = local_from(w, local)) < end) {
		if (is_moved(w, a, local))
			return local - a->offset;
		local++;
	}
	return CRON_NONE_AHEAD;
}

static int64_t moved_until(struct walk *w, const struct zone_span *a, const struct zone_span *b, int64_t x)
{
	int64_t local = b->from + b->offset - 1, begin = b->from + a->offset;

	if (local > x + a->offset)
		local = x + a->offset;
	while (local >= begin && (local = local_until(w, local)) >= begin) {
		if (is_moved(w, a, local))
			return local - a->offset;
		local--;
	}
	return CRON_NONE_BACK;
}

/* What occurs goes before what is moved to the same instant: two slots at one instant are one. */
static void take_earlier(struct best *b, int64_t at, bool moved)
{
	if (at < b->at || (at == b->at && !moved))
		*b = (struct best){at, moved};
}

static void take_later(struct best *b, int64_t at, bool moved)
{
	if (at > b->at || (at == b->at && !moved))
		*b = (struct best){at, moved};
}

/* Slots from x on by the change at the beginning of span s and those before it. */
static void take_moved_from(struct walk *w, struct zone_span s, int64_t x, struct best *b)
{
	struct zone_span before;

	while (s.from != ZONE_BEGIN && s.from > x - REACH_S) {
		zone_span_at(w->z, s.from - 1, &before);
		take_earlier(b, moved_from(w, &before, &s, x), true);
		s = before;
	}
}

/* Slots up to x by the change at the beginning of span s; once there is a slot, by earlier ones that reach beyond it. */
static void take_moved_until(struct walk *w, struct zone_span s, int64_t x, struct best *b)
{
	struct zone_span before;
	bool own = true;

	while (s.from != ZONE_BEGIN && (own || s.from > b->at - REACH_S)) {
		zone_span_at(w->z, s.from - 1, &before);
		take_later(b, moved_until(w, &before, &s, x), true);
		if (b->at == CRON_NONE_BACK)
			return;
		s = before;
		own = false;
	}
}

static bool give(const struct best *b, struct cron_slot *out)
{
	if (b->at < CRON_FIRST_S || b->at > CRON_LAST_S)
		return false;
	*out = (struct cron_slot){b->at * 1000, b->moved};
	return true;
}

/* Instants of local times that are known not to match need no look at their spans. */
static int64_t jump_ahead(const struct walk *w, int64_t at)
{
	int64_t sure = w->known_to - OFFSET_S;

	return at - OFFSET_S >= w->known_from && sure > at ? sure : at;
}

static int64_t jump_back(const struct walk *w, int64_t at)
{
	int64_t sure = w->known_from + OFFSET_S;

	return at + OFFSET_S <= w->known_to && sure < at ? sure : at;
}

bool cron_next(const struct cron *c, const struct zone *z, int64_t after_ms, struct cron_slot *out)
{
	struct walk w = {c, z, 0, -1};
	int64_t first = after_ms / 1000 - (after_ms % 1000 < 0) + 1, x;
	struct best best = {CRON_NONE_AHEAD, false};
	struct zone_span s, before;

	if (first > CRON_LAST_S)
		return false;
	x = first = first < CRON_FIRST_S ? CRON_FIRST_S : first;
	zone_span_at(z, x, &s);
	if (!c->elapsed)
		take_moved_from(&w, s, first, &best);
	for (;;) {
		take_earlier(&best, natural_from(&w, &s, x), false);
		if (best.at < s.to || s.to > CRON_LAST_S || s.to - first > LOOK_S)
			return give(&best, out);
		x = jump_ahead(&w, s.to);
		before = s;
		zone_span_at(z, x, &s);
		if (!c->elapsed && s.from == before.to)
			take_earlier(&best, moved_from(&w, &before, &s, first), true);
	}
}

bool cron_previous(const struct cron *c, const struct zone *z, int64_t before_ms, struct cron_slot *out)
{
	struct walk w = {c, z, 0, -1};
	int64_t last = before_ms / 1000 - (before_ms % 1000 <= 0), x;
	struct best best = {CRON_NONE_BACK, false};
	struct zone_span s;

	if (last < CRON_FIRST_S)
		return false;
	x = last = last > CRON_LAST_S ? CRON_LAST_S : last;
	for (;;) {
		zone_span_at(z, x, &s);
		take_later(&best, natural_until(&w, &s, x), false);
		if (!c->elapsed)
			take_moved_until(&w, s, last, &best);
		if (best.at >= s.from || s.from < CRON_FIRST_S)
			return give(&best, out);
		x = jump_back(&w, s.from - 1);
	}
}
