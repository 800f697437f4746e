#include "core/reseal.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"

static bool again(void *ctx, const char *id, const char *context, const void *p, size_t n, struct buf *out)
{
	struct error err = {0};

	return secrets_reseal(ctx, id, context, p, n, out, &err);
}

static bool usable(struct db *db, struct secrets *secrets, bool *any, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	char id[SECRET_ID_SIZE];
	bool ok = c && secret_active(c, SECRET_SEAL, id, err);

	db_put(db, c);
	*any = ok && *id;
	if (!*any || secrets_know(secrets, SECRET_SEAL, id))
		return ok;
	return err_set(err, ERR_INTERNAL, "What is sealed is to be sealed under %s, which is not in %s of this host", id,
	               secrets_path(secrets, SECRET_SEAL));
}

bool reseal_run(struct db *db, struct secrets *secrets, int64_t until_us, const atomic_bool *stop,
                struct reseal_batch *out, struct error *err)
{
	bool any = true;

	*out = (struct reseal_batch){.done = false};
	while (any && !out->done && clock_mono_us() < until_us && !(stop && atomic_load(stop))) {
		int64_t before = out->resealed;

		/* another may become active between two steps */
		if (!usable(db, secrets, &any, err) || (any && !reseal_step(db, again, secrets, out, err)))
			return false;
		if (out->done && (out->unopened > 0 || out->resealed > before))
			log_write(out->unopened > 0 ? LOG_WARN : LOG_INFO, "what is sealed was sealed anew",
			          "key=%s values=%" PRId64 " unopened=%" PRId64, out->id, out->resealed, out->unopened);
	}
	return true;
}
