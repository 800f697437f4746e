/* Where dates of numbers alone are written with the month first ("3/4" is 4 March), by time zone. */
#include "agents/email_triage_when_priv.h"

#include <string.h>

/* The United States and their territories, the Philippines, Palau, Micronesia and the Marshall Islands. Canada writes
 * both; of its zones those stand here where English is spoken. A name that ends in "/" stands for all below it. Names
 * that are only kept for old settings are there too. */
static const char *const month_first[] = {
	"US/", "America/Indiana/", "America/Kentucky/", "America/North_Dakota/", "Canada/", "America/Adak", "America/Anchorage",
	"America/Atikokan", "America/Atka", "America/Boise", "America/Cambridge_Bay", "America/Chicago",
	"America/Coral_Harbour", "America/Creston", "America/Dawson", "America/Dawson_Creek", "America/Denver",
	"America/Detroit", "America/Edmonton", "America/Fort_Nelson", "America/Fort_Wayne", "America/Glace_Bay",
	"America/Goose_Bay", "America/Halifax", "America/Indianapolis", "America/Inuvik", "America/Iqaluit",
	"America/Juneau", "America/Knox_IN", "America/Los_Angeles", "America/Louisville", "America/Menominee",
	"America/Metlakatla", "America/Moncton", "America/New_York", "America/Nipigon", "America/Nome",
	"America/Pangnirtung", "America/Phoenix", "America/Puerto_Rico", "America/Rainy_River", "America/Rankin_Inlet",
	"America/Regina", "America/Resolute", "America/Shiprock", "America/Sitka", "America/St_Johns", "America/St_Thomas",
	"America/Swift_Current", "America/Thunder_Bay", "America/Toronto", "America/Vancouver", "America/Virgin",
	"America/Whitehorse", "America/Winnipeg", "America/Yakutat", "America/Yellowknife", "Asia/Manila", "Navajo",
	"Pacific/Chuuk", "Pacific/Guam", "Pacific/Honolulu", "Pacific/Johnston", "Pacific/Kosrae", "Pacific/Kwajalein",
	"Pacific/Majuro", "Pacific/Midway", "Pacific/Pago_Pago", "Pacific/Palau", "Pacific/Pohnpei", "Pacific/Ponape",
	"Pacific/Saipan", "Pacific/Samoa", "Pacific/Truk", "Pacific/Wake", "Pacific/Yap", "EST", "MST", "HST", "EST5EDT",
	"CST6CDT", "MST7MDT", "PST8PDT",
};

bool when_month_first(const char *zone)
{
	size_t i;

	for (i = 0; i < sizeof month_first / sizeof *month_first; i++) {
		size_t n = strlen(month_first[i]);

		if (strncmp(zone, month_first[i], n) == 0 && (zone[n] == '\0' || month_first[i][n - 1] == '/'))
			return true;
	}
	return false;
}
