/* The engine for programs that ask of many expressions. Reads lines "EXPRESSION<TAB>ZONE<TAB>FROM<TAB>COUNT", answers each
 * with a line: the slots after FROM with blanks between, or "error: …". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cron.h"

static void answer(char *line)
{
	const char *expr, *zone_name, *from, *count;
	struct zone *zone = NULL;
	struct error err = {0};
	struct cron_slot slot;
	struct cron cron;
	char text[CLOCK_TEXT_SIZE];
	long i;

	expr = strsep(&line, "\t");
	zone_name = strsep(&line, "\t");
	from = strsep(&line, "\t");
	count = strsep(&line, "\t");
	if (!count || !clock_parse(from, &slot.at_ms)) {
		puts("error: not a line of four fields");
	} else if (!(zone = zone_load(zone_name, &err)) || !cron_parse(expr, &cron, &err)) {
		printf("error: %s\n", err.message);
	} else {
		for (i = 0; i < atol(count) && cron_next(&cron, zone, slot.at_ms, &slot); i++) {
			clock_format(slot.at_ms, text);
			printf("%s%s", i > 0 ? " " : "", text);
		}
		putchar('\n');
	}
	zone_free(zone);
}

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		answer(line);
	}
	return ferror(stdin) || fflush(stdout) != 0;
}
