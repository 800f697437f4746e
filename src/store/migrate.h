/* Migrations: numbered SQL files (0001_accounts.sql), applied forward only, statement by statement.
 *
 * Each statement is recorded when it has been applied, so that a run killed halfway goes on where
 * it stopped; those that change rows are recorded in their own transaction, those that change the
 * schema are marked before and after, and one that was under way when the program died may find
 * its work done. A file that was applied must not change; one that stopped at a mistake may be
 * mended from that statement on. One program migrates at a time: the lock is a row with an owner and an
 * expiry, renewed while statements run.
 *
 * Each file says in a comment which programs work with it: "-- oldest-program: 0.1.0". Expand
 * first, contract a release later.
 *
 * Ownership: what migrate_status returns is freed by mem_free. */
#ifndef AGENTIV_STORE_MIGRATE_H
#define AGENTIV_STORE_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "db/db.h"

/* The highest migration whose tables this program uses. */
#define SCHEMA_NEEDED 14

#define MIGRATION_NAME 128
#define MIGRATION_LEASE_MS 10000     /* of the lock; renewed three times as often */
#define MIGRATION_WAIT_MS  600000    /* for another program's lock */

struct migration {
	unsigned version;
	char     name[MIGRATION_NAME];   /* "0001_accounts.sql" */
	char     oldest_program[32];     /* "0.1.0" */
	unsigned statements, applied;    /* of the file; of these recorded */
	bool     complete;
	bool     changed;                /* an applied statement is not what the file says now */
	bool     no_file;                /* recorded, by a newer program; statements is 0 */
	int64_t  completed_at;           /* 0: not yet */
};

enum migrate_news {
	MIGRATE_WAITS,       /* another program holds the lock: text is its name */
	MIGRATE_STATEMENT,   /* about to be applied: text is the statement, seq its number from 1 */
	MIGRATE_APPLIED      /* the file is complete */
};

struct migrate_progress {
	enum migrate_news what;
	const struct migration *migration;   /* NULL when waiting */
	unsigned    seq;
	const char *text;
};

struct migrate_options {
	const char *dir;
	int  lease_ms, wait_ms;              /* 0: the constants above */
	void (*progress)(void *ctx, const struct migrate_progress *p);   /* NULL: quiet */
	void *ctx;
};

/* Applies what has not been applied. *applied, which may be NULL, is how many files were completed.
 * ERR_CONFLICT: a file changed, another migrates, a newer program's schema; ERR_INVALID_INPUT: the
 * directory or a file is wrong; ERR_EXECUTION_FAILED: the database refused a statement (err names
 * file, line and statement). */
bool migrate_run(struct db *db, const struct migrate_options *o, unsigned *applied,
                 struct error *err);

/* Files and records side by side, in order of version. */
bool migrate_status(struct db *db, const char *dir, struct migration **out, unsigned *n,
                    struct error *err);

/* May this program work with this database? ERR_CONFLICT says why not: it is older than what a
 * migration allows, or the migrations it needs are missing. */
bool schema_usable(struct db_conn *c, struct error *err);

/* Compares dotted numbers: negative, 0, positive. */
int schema_version_cmp(const char *a, const char *b);

#endif
