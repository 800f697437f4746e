/* What is known of keys, what depends on each, and who has read them. */
#include "core/rotation_priv.h"

#include <string.h>

#include "base/clock.h"
#include "core/processes.h"

bool process_knows(const struct process_row *p, enum secret_kind kind, const char *id)
{
	const char *ids = kind == SECRET_PEPPER ? p->peppers : p->seals;
	size_t len = strlen(id);

	if (!(kind == SECRET_PEPPER ? p->has_peppers : p->has_seals))
		return true;
	for (; *ids; ids += strcspn(ids, ","), ids += *ids == ',')
		if (strncmp(ids, id, len) == 0 && (ids[len] == ',' || ids[len] == '\0'))
			return true;
	return false;
}

/* Of this host it is known at once whether a process is there. */
static bool is_gone(const struct admin *a, const char *host, const struct process_row *p)
{
	return a->run_dir && strcmp(host, p->host) == 0 && !doorbell_alive(a->run_dir, p->doorbell);
}

bool rotation_processes(struct admin *a, struct db_conn *c, int64_t since, struct arena *arena,
                        struct process_row **out, unsigned *count, struct error *err)
{
	char host[PROCESS_HOST_SIZE];
	unsigned i, n = 0;
	bool ok = process_list(c, since, arena, out, count, err);

	process_host(a->run_dir, host);
	for (i = 0; ok && i < *count; i++) {
		if (is_gone(a, host, &(*out)[i]))
			ok = process_leave(c, &(*out)[i].id, err);
		else
			(*out)[n++] = (*out)[i];
	}
	*count = ok ? n : 0;
	return ok;
}

struct secret_use *secret_use_of(struct secrets_report *out, struct arena *arena, enum secret_kind kind, const char *id)
{
	struct secret_use *grown;
	unsigned i;

	for (i = 0; i < out->use_count; i++)
		if (out->uses[i].kind == kind && strcmp(out->uses[i].id, id) == 0)
			return &out->uses[i];
	grown = arena_alloc(arena, (out->use_count + 1) * sizeof *grown);
	if (out->use_count > 0)
		memcpy(grown, out->uses, out->use_count * sizeof *grown);
	out->uses = grown;
	grown += out->use_count++;
	memset(grown, 0, sizeof *grown);
	grown->kind = kind;
	grown->state = SECRET_UNKNOWN;
	memcpy(grown->id, id, strlen(id) + 1);
	return grown;
}

static void add_files(struct admin *a, struct arena *arena, struct secrets_report *out)
{
	char ids[SECRET_IDS_SIZE], *save, *id;
	unsigned k;

	for (k = 0; k < SECRET__MAX; k++) {
		secrets_ids(a->secrets, k, ids);
		for (id = strtok_r(ids, ",", &save); id; id = strtok_r(NULL, ",", &save))
			secret_use_of(out, arena, k, id)->in_file = true;
	}
}

static bool add_states(struct db_conn *c, struct arena *arena, struct secrets_report *out, struct error *err)
{
	struct secret_row *rows;
	unsigned n, i;

	if (!secret_list(c, arena, &rows, &n, err))
		return false;
	for (i = 0; i < n; i++)
		secret_use_of(out, arena, rows[i].kind, rows[i].id)->state = rows[i].state;
	return true;
}

/* What the database knows nothing of: without an active one the newest of the file is what is written under, as older
 * ones were before. */
static void derive_states(struct secrets_report *out, enum secret_kind kind)
{
	struct secret_use *active = NULL, *u;

	for (u = out->uses; u < out->uses + out->use_count; u++)
		if (u->kind == kind && (u->state == SECRET_ACTIVE || (u->in_file && (!active || active->state != SECRET_ACTIVE))))
			active = u;
	for (u = out->uses; u < out->uses + out->use_count; u++)
		if (u->kind == kind && u->in_file && u->state == SECRET_UNKNOWN)
			u->state = u == active ? SECRET_ACTIVE : u < active ? SECRET_FORMER : SECRET_MADE;
}

static bool add_counts(struct db_conn *c, struct arena *arena, struct secrets_report *out, struct error *err)
{
	struct pepper_count *keys;
	struct sealed_count *values;
	unsigned n, m, i;

	if (!pepper_counts(c, clock_now_ms(), arena, &keys, &n, err) || !sealed_counts(c, arena, &values, &m, err))
		return false;
	for (i = 0; i < n; i++) {
		struct secret_use *u = secret_use_of(out, arena, SECRET_PEPPER, keys[i].id);

		u->keys = keys[i].keys;
		u->live = keys[i].live;
	}
	for (i = 0; i < m; i++)
		secret_use_of(out, arena, SECRET_SEAL, values[i].id)->values += values[i].n;
	return true;
}

bool secrets_look(struct admin *a, struct arena *arena, struct secrets_report *out, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	unsigned k;
	bool ok;

	*out = (struct secrets_report){.use_count = 0};
	secrets_refresh(a->secrets);
	add_files(a, arena, out);
	ok = c && add_states(c, arena, out, err) &&
	     rotation_processes(a, c, clock_now_ms() - PROCESS_LIVE_MS, arena, &out->processes, &out->process_count, err);
	db_put(a->db, c);
	for (k = 0; k < SECRET__MAX; k++)
		derive_states(out, k);
	return ok;
}

bool secrets_report(struct admin *a, struct arena *arena, struct secrets_report *out, struct error *err)
{
	struct db_conn *c;
	bool ok;

	if (!secrets_look(a, arena, out, err))
		return false;
	c = db_get_patient(a->db, err);
	ok = c && add_counts(c, arena, out, err);
	db_put(a->db, c);
	return ok;
}
