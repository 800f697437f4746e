/* The schema, the queue and single runs, for the operator. */
#include "core/admin_priv.h"

#include "base/clock.h"

bool admin_execution(struct admin *a, const char *id_text, struct arena *arena, struct execution *out,
                     struct execution_step **steps, unsigned *count, struct error *err)
{
	unsigned found = 0;
	struct db_conn *c;
	struct id id;
	bool ok;

	if (!id_parse(ID_EXECUTION, id_text, &id))
		return err_field(err, "id", "\"%.64s\" is not the id of an execution (exec_…)", id_text);
	*steps = arena_alloc(arena, ADMIN_STEPS_MAX * sizeof **steps);
	c = db_get(a->db, err);
	ok = c && execution_find_many(c, &id, 1, arena, out, &found, err) &&
	     (found == 1 || err_set(err, ERR_NOT_FOUND, "There is no execution %s", id_text)) &&
	     execution_steps(c, &id, 0, ADMIN_STEPS_MAX, arena, *steps, count, err);
	db_put(a->db, c);
	return ok;
}

bool admin_queue_stats(struct admin *a, struct queue_stats *out, int64_t *stuck_accounts, struct error *err)
{
	struct db_conn *c = db_get_patient(a->db, err);
	bool ok = c && queue_stats(c, clock_now_ms(), out, err) && queue_stuck_accounts(c, stuck_accounts, err);

	db_put(a->db, c);
	return ok;
}

bool admin_schedule_stats(struct admin *a, struct schedule_stats *out, struct error *err)
{
	struct db_conn *c = db_get_patient(a->db, err);
	bool ok = c && schedule_stats(c, clock_now_ms(), out, err);

	db_put(a->db, c);
	return ok;
}

bool admin_duties(struct admin *a, struct duty_state *out, unsigned *count, struct error *err)
{
	struct db_conn *c = db_get_patient(a->db, err);
	bool ok = c && duties_look(c, out, count, err);

	db_put(a->db, c);
	return ok;
}

bool admin_migrate(struct admin *a, const struct migrate_options *o, unsigned *applied,
                   struct error *err)
{
	return migrate_run(a->db, o, applied, err);
}

bool admin_migrations(struct admin *a, const char *dir, struct migration **out, unsigned *count,
                      struct error *err)
{
	return migrate_status(a->db, dir, out, count, err);
}

bool admin_schema_usable(struct admin *a, struct error *err)
{
	struct db_conn *c = db_get(a->db, err);
	bool ok = c && schema_usable(c, err);

	db_put(a->db, c);
	return ok;
}
