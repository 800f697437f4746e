/* A line on a terminal that tells what is waited for, and for how long already. Nothing where standard error is none. */
#ifndef AGENTIV_CTL_PROGRESS_H
#define AGENTIV_CTL_PROGRESS_H

#include "base/arena.h"

struct progress;

struct progress *progress_new(struct arena *a);
/* What is waited for from now on, a short text of printable ASCII; NULL: nothing. The time runs on. */
void progress_say(struct progress *p, const char *what);
/* Writes it again when a second has passed. */
void progress_turn(struct progress *p);
/* Takes the line away, before something else is written. */
void progress_clear(struct progress *p);

#endif
