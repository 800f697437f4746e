/* What the files of firing share: one transaction's schedules and what is to be written of them.
 *
 * Ownership: a batch has an arena for strings, emptied when the transaction is repeated. */
#ifndef AGENTIV_STORE_SCHEDULE_FIRE_PRIV_H
#define AGENTIV_STORE_SCHEDULE_FIRE_PRIV_H

#include "store/queue_priv.h"
#include "store/schedule_fire.h"

struct fire_item {
	struct due_schedule d;
	struct firing f;
	struct buf payload;               /* of the last slot's event; without data: there is none */
	bool held;                        /* its account is ours, and it was decided upon */
};

struct fire_batch {
	const struct fire_rules *rules;
	int64_t now_ms;
	struct fire_cursor from, to;
	struct arena arena;
	struct fire_item *items;
	struct admission *admissions;     /* of items[i], when it fires */
	unsigned n, max;
	struct hand_run *hand;            /* NULL: a pass */
	struct fired *out;
};

/* The slot that came now; NULL: none did. */
static inline struct slot_record *last_slot(const struct fire_item *i)
{
	return i->f.slot_count > 0 ? &i->f.slots[i->f.slot_count - 1] : NULL;
}

/* Reads what the decision needs, of items[from..from + n), n at most DB_LIST_MAX. */
bool fire_read(struct db_conn *c, struct fire_batch *b, unsigned from, unsigned n, struct error *err);
/* Decides, accepts, cancels and writes. */
bool fire_write(struct db_conn *c, struct fire_batch *b, struct error *err);

#endif
