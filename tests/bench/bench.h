/* What the benchmark's own programs share. */
#ifndef AGENTIV_TESTS_BENCH_H
#define AGENTIV_TESTS_BENCH_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

/* Ends the program where ok is false: a benchmark that goes on after an error measures something else. */
static inline void bench_must(bool ok, const char *what, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, err ? err->message : "failed");
	exit(1);
}

/* Blocks SIGTERM and SIGINT in this thread and those it starts; bench_wait returns when one came. */
static inline void bench_block_stops(sigset_t *stops)
{
	sigemptyset(stops);
	sigaddset(stops, SIGTERM);
	sigaddset(stops, SIGINT);
	pthread_sigmask(SIG_BLOCK, stops, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static inline void bench_wait(const sigset_t *stops)
{
	int number;

	sigwait(stops, &number);
}

#endif
