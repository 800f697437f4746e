/* What the files of the migrations share. */
#ifndef AGENTIV_STORE_MIGRATE_PRIV_H
#define AGENTIV_STORE_MIGRATE_PRIV_H

#include <pthread.h>

#include "base/crypto.h"
#include "base/id.h"
#include "store/migrate.h"
#include "store/sql_split.h"

/* migrate_files.c */
struct migration_file {
	unsigned version;
	char     name[MIGRATION_NAME];
	char     oldest_program[32];
	struct sql_list statements;
};

struct migration_files {
	struct migration_file *items;    /* ascending by version */
	unsigned n;
};

bool migration_files_read(const char *dir, struct migration_files *out, struct error *err);
void migration_files_release(struct migration_files *f);

/* migrate_lock.c: held from lock_take to lock_release; a thread with a connection of its own
 * renews it. */
struct migrate_lock {
	struct db      *db;
	char            owner[64];
	int             lease_ms;
	pthread_t       renewer;
	pthread_mutex_t lock;            /* the fields below */
	pthread_cond_t  stop_asked;
	bool            stopping;
};

/* c is the connection that migrates. */
bool lock_take(struct migrate_lock *l, struct db *db, struct db_conn *c,
               const struct migrate_options *o, struct error *err);
/* Renews now: false when the lock was lost. */
bool lock_check(struct migrate_lock *l, struct db_conn *c, struct error *err);
void lock_release(struct migrate_lock *l, struct db_conn *c);

/* migrate_records.c: what has been applied. */
struct record {
	unsigned version, seq;           /* seq from 1 */
	uint8_t  checksum[SHA256_SIZE];
	bool     done;                   /* false: was under way */
};

struct records {
	struct record    *items;         /* ascending by version, then seq */
	unsigned          n;
	struct migration *migrations;    /* as recorded; statements 0 */
	unsigned          migration_count;
};

bool records_create_tables(struct db_conn *c, struct error *err);
/* A database without the tables has no records: that is no error. */
bool records_read(struct db_conn *c, struct records *r, struct error *err);
void records_release(struct records *r);
const struct record *records_find(const struct records *r, unsigned version, unsigned seq);
bool record_migration(struct db_conn *c, const struct migration_file *f, struct error *err);
bool record_complete(struct db_conn *c, unsigned version, struct error *err);
bool record_begin(struct db_conn *c, unsigned version, unsigned seq, const uint8_t *checksum,
                  struct error *err);
bool record_done(struct db_conn *c, unsigned version, unsigned seq, struct error *err);
bool record_forget(struct db_conn *c, unsigned version, unsigned seq, struct error *err);
void statement_checksum(const char *sql, uint8_t out[SHA256_SIZE]);

#endif
