/* hook_receiver PORT: takes webhooks on 127.0.0.1 until it is told to stop; GET / tells how many. */
#include <pthread.h>

#include "bench.h"
#include "hooks.h"

int main(int argc, char **argv)
{
	unsigned port = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	sigset_t stops;

	bench_block_stops(&stops);
	hooks_start(&port, NULL, NULL);
	printf("%u\n", port);
	fflush(stdout);
	bench_wait(&stops);
	return 0;
}
