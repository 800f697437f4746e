#include "core/bells.h"

#include <string.h>

void bell_ring_due(struct doorbell_ringer *r, const char *program, int64_t due_ms)
{
	char message[1 + sizeof due_ms] = {BELL_DUE};

	/* processes of one host: in its own order of bytes */
	memcpy(message + 1, &due_ms, sizeof due_ms);
	if (r)
		doorbell_ring_any(r, program, message, sizeof message);
}

bool bell_due(const void *message, size_t n, int64_t *due_ms)
{
	if (n != 1 + sizeof *due_ms || *(const char *)message != BELL_DUE)
		return false;
	memcpy(due_ms, (const char *)message + 1, sizeof *due_ms);
	return true;
}
