/* The two ways across a zone: offsets by binary search in its changes, which reach a cycle of the calendar beyond the
 * file's own (zone_file.c). */
#include "base/zone_priv.h"

#include "base/mem.h"

void zone_free(struct zone *z)
{
	if (!z)
		return;
	mem_free(z->at);
	mem_free(z->offset);
	mem_free(z->name);
	mem_free(z);
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

/* Floor division: instants before 1970 are negative. */
static int64_t seconds(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

/* How many changes are at or before an instant. */
static unsigned changes_until(const struct zone *z, int64_t at)
{
	unsigned low = 0, high = z->count;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (z->at[mid] <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How much later than its like within the cycle an instant is. */
static int64_t cycles_before(const struct zone *z, int64_t at)
{
	return z->cyclic && at >= z->cycle_end ? ((at - z->cycle_end) / CYCLE_S + 1) * CYCLE_S : 0;
}

void zone_span_at(const struct zone *z, int64_t at, struct zone_span *out)
{
	int64_t later = cycles_before(z, at);
	unsigned n = changes_until(z, at - later);

	out->from = n > 0 ? z->at[n - 1] + later : ZONE_BEGIN;
	out->to = n < z->count ? z->at[n] + later : ZONE_END;
	out->offset = n > 0 ? z->offset[n - 1] : z->first;
}

int32_t zone_offset(const struct zone *z, int64_t ms)
{
	int64_t at = seconds(ms);
	unsigned n = changes_until(z, at - cycles_before(z, at));

	return n > 0 ? z->offset[n - 1] : z->first;
}

int64_t zone_to_local(const struct zone *z, int64_t ms)
{
	return ms + zone_offset(z, ms) * INT64_C(1000);
}

/* Offsets lie within 26 hours, so the instants that a local time could be lie in the spans that touch it ± 26 hours:
 * mostly one, but nothing is presumed of how far apart changes are. */
enum zone_fit zone_to_utc(const struct zone *z, int64_t local_ms, int64_t *ms)
{
	int64_t local = seconds(local_ms), rest = local_ms - local * 1000, at = 0;
	bool skipped = false;
	struct zone_span s;
	unsigned times = 0;
	int32_t before;

	zone_span_at(z, local - OFFSET_LIMIT_S, &s);
	while (times < 2) {
		if (s.from <= local - s.offset && local - s.offset < s.to && times++ == 0)
			at = local - s.offset;
		if (s.to > local + OFFSET_LIMIT_S)
			break;
		before = s.offset;
		zone_span_at(z, s.to, &s);
		/* until it is found to occur after all, it is skipped by the first change that passes over it */
		if (times == 0 && !skipped && s.from + before <= local && local < s.from + s.offset) {
			skipped = true;
			at = local - before;
		}
	}
	*ms = at * 1000 + rest;
	return times == 0 ? ZONE_SKIPPED : times == 1 ? ZONE_ONCE : ZONE_TWICE;
}

bool zone_next_change(const struct zone *z, int64_t ms, int64_t *change_ms)
{
	struct zone_span s;

	zone_span_at(z, seconds(ms), &s);
	if (s.to > INT64_MAX / 1000)
		return false;
	*change_ms = s.to * 1000;
	return true;
}
