/* What the files of src/db share.
 *
 * Ownership: a db owns its connections for as long as it lives; a connection that is closed keeps
 * its struct and is connected again when it is next needed. A connection owns its statements, and
 * a statement the buffers its columns are read into. */
#ifndef AGENTIV_DB_DB_PRIV_H
#define AGENTIV_DB_DB_PRIV_H

#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include <mysql.h>

#include "base/buf.h"
#include "db/db.h"

/* my_bool in MariaDB Connector/C, bool in MySQL's library */
typedef __typeof__(*((MYSQL_BIND *)0)->is_null) db_flag;

/* Array binding: only in MariaDB Connector/C. */
#if defined(HAVE_DECL_STMT_ATTR_ARRAY_SIZE) && HAVE_DECL_STMT_ATTR_ARRAY_SIZE
#define DB_HAVE_BULK 1
#else
#define DB_HAVE_BULK 0
#endif

#define DB_HOSTS_MAX    16
#define DB_SLOW_US      2000000   /* a read past this opens the breaker */
#define DB_PROBE_US     1000000   /* between two probes */
#define DB_TRIES        8         /* of a transaction */

/* Error numbers that the rules below name; MySQL's and MariaDB's headers share few of them. */
enum db_number {
	DBE_CANNOT_LOCK = 1015,
	DBE_RECORD_CHANGED = 1020,
	DBE_DISK_FULL = 1021,
	DBE_WRITE_FAILED = 1026,
	DBE_ENGINE = 1030,
	DBE_NO_MEMORY = 1037,
	DBE_NO_SORT_MEMORY = 1038,
	DBE_TOO_MANY_CONNECTIONS = 1040,
	DBE_NO_RESOURCES = 1041,
	DBE_NODE_NOT_READY = 1047,       /* Galera */
	DBE_SHUTDOWN = 1053,
	DBE_DUPLICATE = 1062,
	DBE_TABLE_FULL = 1114,
	DBE_NO_THREAD = 1135,
	DBE_PACKET_TOO_LARGE = 1153,
	DBE_COMMIT_FAILED = 1180,
	DBE_LOCK_WAIT = 1205,
	DBE_DEADLOCK = 1213,
	DBE_USER_LIMIT = 1226,
	DBE_READ_ONLY = 1290,
	DBE_NOT_PREPARABLE = 1295,
	DBE_INTERRUPTED = 1317,
	DBE_READ_ONLY_MODE = 1836,
	DBE_KILLED = 1927,
	DBE_STATEMENT_TIME = 1969,       /* MariaDB */
	DBE_NO_SOCKET = 2002,
	DBE_NO_HOST = 2003,
	DBE_GONE = 2006,
	DBE_HANDSHAKE = 2012,
	DBE_LOST = 2013,
	DBE_OUT_OF_SYNC = 2014,
	DBE_OWN_PACKET_TOO_LARGE = 2020,
	DBE_TLS = 2026,
	DBE_MALFORMED = 2027,
	DBE_LOST_AT = 2055,
	DBE_EXECUTION_TIME = 3024        /* MySQL */
};

struct db_host {
	char    *name;                   /* NULL: a Unix socket */
	char    *socket;
	unsigned port;
};

/* One column of a prepared query. */
struct column {
	char         *buf;               /* cap bytes; text is NUL-terminated */
	size_t        cap;
	unsigned long length;
	db_flag       null, error;
	enum enum_field_types type;      /* as bound: LONGLONG, DOUBLE or STRING */
	union { long long i; double d; } value;
};

struct statement {
	const char  *sql;                /* the key, by address */
	MYSQL_STMT  *handle;
	unsigned     params, column_count;
	bool         no_bulk;            /* the server refused array binding for it */
	struct column *columns;
	MYSQL_BIND  *binds;              /* of the columns */
};

/* What pack.c keeps back of a transaction, and what it has read ahead. */
#define PACK_READS_MAX 4
struct pack_result { const char *sql; MYSQL_RES *rows; };
struct pack {
	bool        wanted;              /* the next transaction is one of those */
	bool        on;                  /* one is under way */
	bool        begun;               /* its BEGIN has been sent */
	struct buf  text;                /* to be sent */
	unsigned    statements;          /* in it */
	const char *asked[PACK_READS_MAX];   /* reads in it, in order */
	unsigned    asked_count;
	struct pack_result results[PACK_READS_MAX];   /* that nobody has taken yet */
	unsigned    result_count;
	MYSQL_RES  *rows;                /* being read */
	struct statement read;           /* stands for them: its columns lie in the rows */
};

struct db_conn {
	struct db *db;
	struct db_conn *next_idle;
	MYSQL     *mysql;                /* NULL: not connected */
	unsigned   host;                 /* index into db->hosts */
	bool       patient;              /* outside the pool: long timeouts, not the breaker's */
	bool       in_tx;
	bool       broken;               /* lost, to be closed before its next use */
	bool       bulk;                 /* the server takes array binding */
	bool       galera;
	bool       tripped;              /* this read has opened the breaker already */
	size_t     max_packet;
	uint64_t   last_id;              /* db_last_id */
	int64_t    used_us;              /* monotonic, last answer */
	atomic_int_least64_t busy_us;    /* monotonic, when the present wait began; 0 none */
	struct statement **cache;        /* open addressing, by address; a power of two */
	unsigned   cache_size, cache_used;
	struct statement *reading;       /* whose rows are being read */
	struct pack pack;
	char       number[32];           /* a number read as text */
};

struct db {
	struct db_host hosts[DB_HOSTS_MAX];
	unsigned   host_count;
	atomic_uint good;                /* the host that answered last */
	char      *name, *user, *password;
	unsigned   connect_timeout_s, read_timeout_s;
	bool       tls;
	unsigned   max_conns;
	pthread_mutex_t lock;            /* the fields below, up to the counters */
	pthread_cond_t  returned;
	struct db_conn *idle;            /* last used first */
	unsigned   made;                 /* members of all[] */
	int64_t    probe_us;             /* when the next probe is due, while open */
	bool       probing;
	char       failure[256];         /* why the last connect failed */
	struct db_conn **all;            /* max_conns; scanned without the lock */
	atomic_uint scan;                /* how many of them may be scanned */
	atomic_bool open;                /* the breaker */
	atomic_uint_least64_t statements, round_trips, transactions, retries, connects;
};

/* breaker.c */
bool db_unavailable(struct error *err, int number);        /* fills err; returns false */
void breaker_open(struct db *db, int64_t probe_us, const char *why);   /* when the first probe is due */
void breaker_close(struct db *db);
void breaker_look(struct db *db);           /* opens it when an answer takes too long */
/* True: go on. *probe: as the one who looks whether the database is back, and must say what it
 * found by breaker_probed. */
bool breaker_pass(struct db *db, bool *probe, struct error *err);
void breaker_probed(struct db *db, bool reached);
/* Bracket each wait for the server. */
void db_wait_begin(struct db_conn *c);
void db_wait_end(struct db_conn *c);

/* connect.c */
bool db_hosts_parse(struct db *db, const char *list, struct error *err);
bool db_conn_connect(struct db_conn *c, struct error *err);
void db_conn_close(struct db_conn *c);
/* The connection is usable: connected, again if it was lost or has gone stale, and the breaker
 * allows it. Fails inside a transaction whose connection was lost. */
bool db_conn_ready(struct db_conn *c, struct error *err);
void db_lose(struct db_conn *c, bool next_host);

/* statement.c */
/* Fills err from an error number, and marks the connection lost when the number says so. Returns
 * false. doing names what was refused. */
bool db_fail(struct db_conn *c, unsigned number, const char *text, const char *doing,
             struct error *err);
bool db_number_lost(unsigned number);       /* to the next host */
bool db_number_repeat(unsigned number);     /* rolled back, may be repeated */
bool db_too_large(size_t bytes, size_t limit, struct error *err);
size_t db_row_bytes(const struct db_arg *args, unsigned n);    /* at most, in a packet */
enum enum_field_types db_type_of(enum db_type t);
struct statement *statement_get(struct db_conn *c, const char *sql, struct error *err);
bool statement_fail(struct db_conn *c, struct statement *s, const char *doing, struct error *err);
bool statement_run(struct db_conn *c, struct statement *s, const struct db_arg *args, unsigned n,
                   struct error *err);
bool statement_execute(struct db_conn *c, struct statement *s, struct error *err);   /* as bound */
void statements_drop(struct db_conn *c);    /* after mysql_close */
/* One statement in the text protocol; its rows, if any, are thrown away. */
bool db_text_run(struct db_conn *c, const char *sql, struct error *err);

/* pack.c */
bool pack_begin(struct db_conn *c);         /* false: the transaction is none of those */
bool pack_commit(struct db_conn *c, struct error *err);
bool pack_rollback(struct db_conn *c);      /* whether there is something to be rolled back */
/* *taken: it goes with the next packet. result: the caller wants to know what it did. */
bool pack_exec(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned cols, unsigned rows, bool result,
               bool *taken, struct error *err);
/* *taken: its rows can be read. */
bool pack_query(struct db_conn *c, const char *sql, const struct db_arg *args, unsigned n, bool *taken,
                struct error *err);
int  pack_next(struct db_conn *c);
void pack_end(struct db_conn *c);
void pack_reset(struct db_conn *c);
void pack_free(struct db_conn *c);

/* rows.c */
bool columns_prepare(struct db_conn *c, struct statement *s, struct error *err);
void columns_free(struct statement *s);

#endif
