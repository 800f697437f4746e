/* The registry of live processes: each that stays tells the database that it lives and which keys it has read, so that
 * nothing is written under a key before everybody can read it. Its thread also reads the files of keys again, and in a
 * worker seals anew what is sealed. */
#ifndef AGENTIV_CORE_PROCESSES_H
#define AGENTIV_CORE_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define PROCESS_BEAT_MS  30000                 /* an idle process costs a statement this often */
#define PROCESS_LIVE_MS  95000                 /* three of them, and some: who was seen before is not live */
#define PROCESS_HOST_SIZE 64

/* This host's name. Names repeat among containers; the run directory's inode tells them apart, and who shares it hears
 * the same doorbells. */
void process_host(const char *run_dir, char out[PROCESS_HOST_SIZE]);

struct db;
struct secrets;
struct presence;

struct presence_env {
	struct db *db;                         /* one connection, now and then */
	struct secrets *secrets;
	const char *program, *run_dir, *doorbell;
	bool reseals;                          /* seals anew what is sealed (the worker) */
};

/* Starts the thread, which makes the row. The strings are copied. */
struct presence *presence_start(const struct presence_env *env, struct error *err);
/* The files may have changed, or another key is active (BELL_SECRETS). Thread-safe; NULL accepted. */
void presence_look(struct presence *p);
/* Ends the thread and removes the row. NULL accepted. */
void presence_stop(struct presence *p);

#endif
