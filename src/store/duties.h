/* Table duties: what is done now and then for the whole installation, each duty by one scheduler at a time.
 *
 * Ownership: nothing here allocates. */
#ifndef AGENTIV_STORE_DUTIES_H
#define AGENTIV_STORE_DUTIES_H

#include "base/err.h"
#include "base/id.h"
#include "db/db.h"

#define DUTIES_MAX      64
#define DUTY_NAME_SIZE  33
#define DUTY_ERROR_SIZE 301

/* How far a walk through a table has come: it goes on behind this. Zero: at the beginning. */
struct table_walk { struct id id; int64_t number; };

struct duty_row {
	char     name[DUTY_NAME_SIZE];
	int64_t  due_at;                  /* ms: when it may be taken */
	int64_t  since;                   /* since when it is to be done; of one that is done: when it is next */
	int64_t  done_at;                 /* 0: never was */
	struct table_walk at;
	int64_t  restart_at;              /* when its walk begins at the beginning again */
	int64_t  rows;                    /* removed or closed in all */
	int64_t  failed_at;               /* 0: it did not fail when it was last tried */
	char     error[DUTY_ERROR_SIZE];
};

/* All that are in the table; first what was due first. */
bool duty_list(struct db_conn *c, struct duty_row *out, unsigned max, unsigned *count, struct error *err);
/* A duty that the table does not know is due at now_ms. */
bool duty_make(struct db_conn *c, const char *name, int64_t now_ms, struct error *err);

/* Takes the duty as it was read, until lease_end. *taken false: somebody else has it, or has done it meanwhile. */
bool duty_take(struct db_conn *c, const struct duty_row *d, const struct id *token, int64_t lease_end, bool *taken,
               struct error *err);

/* What became of it, of who took it with this token; nothing when somebody else has taken it meanwhile. */
struct duty_end {
	int64_t now_ms, due_at;
	bool    done;                     /* to its end; otherwise it goes on at due_at */
	struct table_walk at;
	int64_t restart_at;
	int64_t rows;                     /* by this pass */
	const char *error;                /* NULL: it did not fail */
};
bool duty_end(struct db_conn *c, const char *name, const struct id *token, const struct duty_end *e, struct error *err);

#endif
