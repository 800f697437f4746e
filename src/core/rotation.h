/* The operator's side of the server's secrets: making a key the active one of its kind while everything runs, and
 * taking one away that nothing depends on any more.
 *
 *   rotation_begin   makes a key in the file of this host, or finds the one that was made before
 *   rotation_step    again and again: makes it active once every live process has read it
 *
 * Each stage finds out for itself what has been done, so that what was cut off goes on with the next call.
 *
 * Ownership: lists live in the arena given. */
#ifndef AGENTIV_CORE_ROTATION_H
#define AGENTIV_CORE_ROTATION_H

#include "core/admin.h"
#include "core/secrets.h"
#include "store/pepper_keys.h"
#include "store/processes.h"
#include "store/reseal.h"

struct rotation {
	enum secret_kind kind;
	char previous[SECRET_ID_SIZE], id[SECRET_ID_SIZE];
	bool made;                               /* by this call */
	bool active;
	struct process_row *missing;             /* who has not read it, as of the last step */
	unsigned missing_count;
};

/* ERR_CONFLICT: another host has made a key that is not here, or there is no room for one. */
bool rotation_begin(struct admin *a, enum secret_kind kind, struct rotation *out, struct error *err);
bool rotation_step(struct admin *a, struct rotation *r, struct arena *arena, struct error *err);

/* What depends on an id, and what is known of it. */
struct secret_use {
	enum secret_kind kind;
	char id[SECRET_ID_SIZE];
	enum secret_state state;
	bool in_file;                            /* of this host */
	int64_t keys, live;                      /* API keys hashed under a pepper */
	int64_t values;                          /* sealed under a key */
};
/* Every id of a file, of the database or of what depends on one; and the live processes. */
struct secrets_report {
	struct secret_use *uses; unsigned use_count;
	struct process_row *processes; unsigned process_count;
};
/* Without what depends on them. */
bool secrets_look(struct admin *a, struct arena *arena, struct secrets_report *out, struct error *err);
/* Reads whole tables. */
bool secrets_report(struct admin *a, struct arena *arena, struct secrets_report *out, struct error *err);
/* Whether a process has read an id, or has no need of its kind. */
bool process_knows(const struct process_row *p, enum secret_kind kind, const char *id);

struct retirement {
	enum secret_kind kind;
	const char *id;
	bool force;                              /* revokes live keys */
	int64_t until_us;                        /* of sealing anew what is left (clock_mono_us) */
	struct pepper_key *revoked; unsigned revoked_count;      /* out */
};
/* ERR_NOT_FOUND, ERR_CONFLICT: it is active, or something depends on it. Keys that were revoked are told of whatever is
 * returned. */
bool secret_retirement(struct admin *a, struct retirement *r, struct arena *arena, struct error *err);

#endif
