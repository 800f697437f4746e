/* Doorbells: datagrams between the processes of one host, sent after commit.
 * Losing one is harmless, since everybody also polls. A process binds
 * RUN_DIR/<program>.<pid>.<n>.sock; who is refused at a stale one removes it. */
#ifndef AGENTIV_BASE_DOORBELL_H
#define AGENTIV_BASE_DOORBELL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define DOORBELL_NAME_SIZE 64
#define DOORBELL_MESSAGE_MAX 2048

struct doorbell {
	int  fd;                          /* non-blocking, close-on-exec; poll it for reading */
	char name[DOORBELL_NAME_SIZE];    /* file name inside the run directory */
	char path[108];
};

bool doorbell_open(struct doorbell *d, const char *run_dir, const char *program, struct error *err);
void doorbell_close(struct doorbell *d);                     /* removes the socket file */
/* Next message, or -1 when none waits. */
long doorbell_read(struct doorbell *d, void *out, size_t size);

/* A sender's side: keeps the list of a program's sockets, looked up anew once a
 * second, or when none of them is there any more, and one socket to send from. Thread-safe. */
struct doorbell_ringer;
struct doorbell_ringer *doorbell_ringer_new(const char *run_dir);
void doorbell_ringer_free(struct doorbell_ringer *r);
/* Rings one process of that program, in turn. Never blocks; a full or absent one is skipped. */
void doorbell_ring_any(struct doorbell_ringer *r, const char *program, const void *msg, size_t n);
/* Rings all of them but the one of the name `except`, which may be NULL. */
void doorbell_ring_all(struct doorbell_ringer *r, const char *program, const char *except, const void *msg, size_t n);
/* Rings the process behind a socket name (a row's waiter). */
void doorbell_ring_name(struct doorbell_ringer *r, const char *name, const void *msg, size_t n);

/* Whether somebody listens at this socket name: false only when the file is
 * gone or a connection is refused (its process is dead). */
bool doorbell_alive(const char *run_dir, const char *name);

/* How many processes of a program listen in the run directory, and how many sockets there belong to
 * dead ones. */
void doorbell_count(const char *run_dir, const char *program, unsigned *alive, unsigned *stale);

#endif
