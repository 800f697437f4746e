/* Taking a key away that nothing depends on. */
#include "core/rotation_priv.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/bells.h"
#include "core/processes.h"
#include "core/reseal.h"

static bool revoke_keys(struct admin *a, struct retirement *r, struct arena *arena, struct error *err)
{
	struct pepper_key batch[PEPPER_KEYS_MAX], *all;
	struct id after = {{0}};
	unsigned n;

	do {
		if (!pepper_keys_revoke(a->db, r->id, &after, clock_now_ms(), &a->actor, batch, &n, err))
			return false;
		if (n == 0)
			break;
		after = batch[n - 1].id;
		all = arena_alloc(arena, (r->revoked_count + n) * sizeof *all);
		if (r->revoked_count > 0)
			memcpy(all, r->revoked, r->revoked_count * sizeof *all);
		memcpy(all + r->revoked_count, batch, n * sizeof *all);
		r->revoked = all;
		r->revoked_count += n;
	} while (n == PEPPER_KEYS_MAX);
	bell_ring_all(a->ringer, RESPONDER_PROGRAM, BELL_FORGET);
	return true;
}

static bool free_of_keys(struct admin *a, struct retirement *r, const struct secret_use *u, struct arena *arena,
                         struct error *err)
{
	if (u->live == 0)
		return true;
	if (r->force)
		return revoke_keys(a, r, arena, err);
	return err_set(err, ERR_CONFLICT, "%lld live API key%s depend%s on the pepper %s: a key is hashed under the active one"
	               " when it is used; --force revokes those that are left", (long long)u->live, u->live == 1 ? "" : "s",
	               u->live == 1 ? "s" : "", r->id);
}

static bool start_again(struct admin *a, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	bool ok = c && reseal_restart(c, err);

	db_put(a->db, c);
	return ok;
}

/* What workers have not come to is sealed anew here. */
static bool free_of_values(struct admin *a, struct retirement *r, const struct secret_use *u, struct arena *arena,
                           struct error *err)
{
	struct reseal_batch batch;
	struct secrets_report after;
	const char *why;

	if (u->values == 0)
		return true;
	if (!start_again(a, err) || !reseal_run(a->db, a->secrets, r->until_us, NULL, &batch, err) ||
	    !secrets_report(a, arena, &after, err))
		return false;
	u = secret_use_of(&after, arena, SECRET_SEAL, r->id);
	if (u->values == 0)
		return true;
	why = batch.done ? "they cannot be opened, and stay as they are" :
	      "they are still being sealed anew: agentiv-worker and agentivctl tick do it, try again later";
	return err_set(err, ERR_CONFLICT, "%lld value%s sealed under %s: %s", (long long)u->values,
	               u->values == 1 ? " is" : "s are", r->id, why);
}

static bool take_away(struct admin *a, struct retirement *r, struct error *err)
{
	const char *path = secrets_path(a->secrets, r->kind);
	char host[PROCESS_HOST_SIZE];
	struct audit_draft told;
	bool ok;
	int lock;

	process_host(a->run_dir, host);
	rotation_tell(a, &told, r->kind, "secret.retire", r->id);
	ok = secret_retire(a->db, r->kind, r->id, host, clock_now_ms(), audit_entry(&told), err);
	audit_release(&told);
	lock = ok ? crypto_ring_lock(path, err) : -1;
	ok = lock >= 0 && crypto_ring_remove(path, r->id, err);
	if (lock >= 0)
		close(lock);
	if (ok) {
		secrets_refresh(a->secrets);
		rotation_ring(a);
	}
	return ok;
}

bool secret_retirement(struct admin *a, struct retirement *r, struct arena *arena, struct error *err)
{
	struct secrets_report report;
	const struct secret_use *u;
	unsigned before;

	r->revoked = NULL;
	r->revoked_count = 0;
	if (!secrets_report(a, arena, &report, err))
		return false;
	before = report.use_count;
	u = secret_use_of(&report, arena, r->kind, r->id);
	if (report.use_count != before)
		return err_set(err, ERR_NOT_FOUND, "There is no %s %.32s", secret_kind_name(r->kind), r->id);
	if (u->state == SECRET_ACTIVE)
		return err_set(err, ERR_CONFLICT, "%s is the active %s: secrets rotate makes another one active", r->id,
		               secret_kind_name(r->kind));
	return (r->kind == SECRET_PEPPER ? free_of_keys : free_of_values)(a, r, u, arena, err) && take_away(a, r, err);
}
