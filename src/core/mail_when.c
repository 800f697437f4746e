/* Dates and times in mails. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/mail_priv.h"

#define DAY_MS INT64_C(86400000)

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
                                     "September", "October", "November", "December"};

struct local { int year, month, day, weekday, hour, minute, second; };

static struct local local_time(const struct zone *z, int64_t ms)
{
	int64_t at = z ? zone_to_local(z, ms) : ms, day = at / DAY_MS - (at % DAY_MS < 0), rest = at - day * DAY_MS;
	struct local t;

	clock_civil(at, &t.year, &t.month, &t.day);
	t.weekday = (int)(((day + 4) % 7 + 7) % 7);
	t.hour = (int)(rest / 3600000);
	t.minute = (int)(rest / 60000 % 60);
	t.second = (int)(rest / 1000 % 60);
	return t;
}

void mail_put_time(struct buf *out, const struct zone *z, int64_t ms)
{
	struct local t = local_time(z, ms);

	buf_addf(out, "%d %s %d, %02d:%02d", t.day, months[t.month - 1], t.year, t.hour, t.minute);
}

void mail_put_short_time(struct buf *out, const struct zone *z, int64_t ms)
{
	struct local t = local_time(z, ms);

	buf_addf(out, "%d %.3s %02d:%02d", t.day, months[t.month - 1], t.hour, t.minute);
}

void mail_put_date(struct buf *out, const struct zone *z, int64_t ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	int offset = z ? zone_offset(z, ms) / 60 : 0, size = offset < 0 ? -offset : offset;
	struct local t = local_time(z, ms);

	buf_addf(out, "%.3s, %d %.3s %d %02d:%02d:%02d %c%02d%02d", days + 3 * t.weekday, t.day, months[t.month - 1], t.year,
	         t.hour, t.minute, t.second, offset < 0 ? '-' : '+', size / 60, size % 60);
}

void mail_put_month(struct buf *out, const char *month)
{
	int year, number;

	if (sscanf(month, "%4d-%2d", &year, &number) == 2 && number >= 1 && number <= 12)
		buf_addf(out, "%s %d", months[number - 1], year);
}
