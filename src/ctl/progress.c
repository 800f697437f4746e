#include "ctl/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

struct progress {
	bool    on, shown;
	int64_t began_us, second;
	char    what[72];
};

struct progress *progress_new(struct arena *a)
{
	struct progress *p = arena_alloc(a, sizeof *p);
	const char *term = getenv("TERM");

	p->on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	p->began_us = clock_mono_us();
	return p;
}

void progress_say(struct progress *p, const char *what)
{
	snprintf(p->what, sizeof p->what, "%s", what ? what : "");
	p->second = -1;
	if (!what)
		progress_clear(p);
}

void progress_turn(struct progress *p)
{
	int64_t second = (clock_mono_us() - p->began_us) / 1000000;

	if (!p->on || !p->what[0] || second == p->second)
		return;
	p->second = second;
	p->shown = true;
	fprintf(stderr, "\r\033[K%s, %" PRId64 " s", p->what, second);
	fflush(stderr);
}

void progress_clear(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	fflush(stderr);
	p->shown = false;
	p->second = -1;
}
