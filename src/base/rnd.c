/* Randomness from the kernel. Nothing is kept between calls, so a fork copies nothing. */
#include "base/rnd.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/random.h>

#include "base/err.h"

static void from_kernel(void *out, size_t n)
{
	unsigned char *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0) {
			INVARIANT(errno == EINTR, "the kernel gives no randomness");
			continue;
		}
		p += got;
		n -= (size_t)got;
	}
}

static void (*_Atomic source)(void *, size_t) = from_kernel;

void rnd_set_source(void (*fill)(void *, size_t))
{
	atomic_store(&source, fill ? fill : from_kernel);
}

void rnd_bytes(void *out, size_t n)
{
	atomic_load_explicit(&source, memory_order_relaxed)(out, n);
}

uint64_t rnd_u64(void)
{
	uint64_t v;

	rnd_bytes(&v, sizeof v);
	return v;
}

double rnd_unit(void)
{
	/* 53 bits: all that a double between 0 and 1 can tell apart evenly */
	return (double)(rnd_u64() >> 11) * 0x1.0p-53;
}
