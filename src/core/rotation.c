#include "core/rotation_priv.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/bells.h"
#include "core/processes.h"

struct beginning {
	struct admin *a;
	struct rotation *r;
	const struct secret_ring *ring;
	char host[PROCESS_HOST_SIZE];
};

void rotation_ring(struct admin *a)
{
	static const char *const programs[] = {RESPONDER_PROGRAM, WORKER_PROGRAM, SENDER_PROGRAM};
	unsigned i;

	for (i = 0; i < sizeof programs / sizeof *programs; i++)
		bell_ring_all(a->ringer, programs[i], BELL_SECRETS);
}

/* ---- Beginning ---- */

static bool pin_body(struct db_conn *c, void *ctx, struct error *err)
{
	struct beginning *b = ctx;

	memcpy(b->r->previous, b->ring->keys[b->ring->count - 1].id, SECRET_ID_SIZE);
	return secret_pin(c, b->r->kind, b->host, clock_now_ms(), b->r->previous, err);
}

static const struct secret_row *row_of(const struct secret_row *rows, unsigned n, enum secret_kind kind, const char *id)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (rows[i].kind == kind && strcmp(rows[i].id, id) == 0)
			return &rows[i];
	return NULL;
}

/* A key that has been made and was never active: one that the database knows as such, or the newest of the file when it
 * knows nothing of it. */
static bool find_made(struct beginning *b, const struct secret_row *rows, unsigned n, struct error *err)
{
	const char *newest = b->ring->keys[b->ring->count - 1].id;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (rows[i].kind != b->r->kind || rows[i].state != SECRET_MADE)
			continue;
		if (!crypto_ring_find(b->ring, rows[i].id))
			return err_set(err, ERR_CONFLICT, "A rotation to the %s %s, made on %s, is under way, and the key is not"
			               " in %s: copy the file from there, or give that key up with --retire %s",
			               secret_kind_name(b->r->kind), rows[i].id, rows[i].host,
			               secrets_path(b->a->secrets, b->r->kind), rows[i].id);
		memcpy(b->r->id, rows[i].id, SECRET_ID_SIZE);
		return true;
	}
	if (strcmp(newest, b->r->previous) != 0 && !row_of(rows, n, b->r->kind, newest))
		memcpy(b->r->id, newest, SECRET_ID_SIZE);
	return true;
}

static bool find_or_make(struct beginning *b, struct db_conn *c, struct error *err)
{
	const char *path = secrets_path(b->a->secrets, b->r->kind);
	struct secret_row *rows;
	struct arena arena;
	unsigned n;
	bool ok;

	arena_init(&arena);
	ok = secret_list(c, &arena, &rows, &n, err) && find_made(b, rows, n, err);
	arena_release(&arena);
	if (ok && !*b->r->id) {
		if (b->ring->count == SECRET_KEYS_MAX)
			return err_set(err, ERR_CONFLICT, "%s has no room for another key: secrets status shows which of its %d"
			               " nothing depends on, --retire takes one away", path, SECRET_KEYS_MAX);
		ok = crypto_ring_add(path, b->r->id, err);
		b->r->made = ok;
	}
	return ok && secret_made(c, b->r->kind, b->r->id, b->host, clock_now_ms(), err);
}

/* With the file's lock. */
static bool begin(struct beginning *b, struct error *err)
{
	const char *path = secrets_path(b->a->secrets, b->r->kind);
	struct db_conn *c;
	bool ok;

	/* written down before there is a newer key: what finds no active one takes the newest that it has read */
	if (!db_transaction(b->a->db, pin_body, NULL, b, err))
		return false;
	if (!crypto_ring_find(b->ring, b->r->previous))
		return err_set(err, ERR_CONFLICT, "The active %s %s is not in %s of this host: copy the file from a host that has"
		               " it", secret_kind_name(b->r->kind), b->r->previous, path);
	c = db_get(b->a->db, err);
	ok = c && find_or_make(b, c, err);
	db_put(b->a->db, c);
	return ok;
}

bool rotation_begin(struct admin *a, enum secret_kind kind, struct rotation *out, struct error *err)
{
	struct secret_ring ring;
	struct beginning b = {.a = a, .r = out, .ring = &ring};
	const char *path = secrets_path(a->secrets, kind);
	int lock = crypto_ring_lock(path, err);
	bool ok;

	*out = (struct rotation){.kind = kind};
	process_host(a->run_dir, b.host);
	ok = lock >= 0 && crypto_ring_load(path, &ring, err) && begin(&b, err);
	mem_wipe(&ring, sizeof ring);
	if (lock >= 0)
		close(lock);
	if (ok) {
		secrets_refresh(a->secrets);
		rotation_ring(a);
	}
	return ok;
}

/* ---- Waiting, and making it active ---- */

void rotation_tell(struct admin *a, struct audit_draft *told, enum secret_kind kind, const char *action, const char *id)
{
	audit_open(told, &a->actor, 0, action, id);
	json_put_str(&told->w, "kind", secret_kind_name(kind));
}

bool rotation_step(struct admin *a, struct rotation *r, struct arena *arena, struct error *err)
{
	int64_t now_ms = clock_now_ms(), since = now_ms - PROCESS_LIVE_MS;
	struct db_conn *c = db_get(a->db, err);
	struct audit_draft told;
	unsigned i, n;
	bool ok = c && rotation_processes(a, c, since, arena, &r->missing, &n, err);

	db_put(a->db, c);
	r->missing_count = 0;
	for (i = 0; ok && i < n; i++)
		if (!process_knows(&r->missing[i], r->kind, r->id))
			r->missing[r->missing_count++] = r->missing[i];
	if (!ok || r->missing_count > 0)
		return ok;
	/* asked again by the statement itself: a process may have come meanwhile */
	rotation_tell(a, &told, r->kind, "secret.activate", r->id);
	json_put_str(&told.w, "previous", r->previous);
	ok = secret_activate(a->db, r->kind, r->id, since, now_ms, audit_entry(&told), &r->active, err);
	audit_release(&told);
	if (ok && r->active)
		rotation_ring(a);
	return ok;
}
