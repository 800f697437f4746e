/* Objects as agentivctl prints them, in JSON and for people. */
#ifndef AGENTIV_CTL_PRINT_H
#define AGENTIV_CTL_PRINT_H

#include "ctl/ctl.h"
#include "ctl/table.h"

/* A list: how a row is written in JSON, and its cells for people. */
struct listing {
	const char *const *heads;
	const char *none;              /* for people, when there is no row */
	size_t size;                   /* of a row */
	void (*json)(struct json_out *w, const void *row);
	void (*cells)(struct table *t, const void *row);
};
void print_list(struct ctl *c, const struct listing *l, const void *rows, unsigned n);

void print_account(struct ctl *c, const struct account *a);
void print_accounts(struct ctl *c, const struct account *a, unsigned n);
void print_plans(struct ctl *c, const struct plan *p, unsigned n);
/* key: the key itself when it was just made, else NULL. */
void print_key(struct ctl *c, const struct api_key *k, const char *key);
void print_keys(struct ctl *c, const struct api_key *k, unsigned n);
/* One that was just made or removed. mails: how many its folder holds, -1 not told. */
void print_connection(struct ctl *c, const struct connection_row *r, int64_t mails);
void print_connections(struct ctl *c, const struct connection_row *r, unsigned n);

void table_add_id(struct table *t, enum id_kind kind, const struct id *id);

/* Label and value of a list for people. */
void print_id(struct table *t, const char *label, enum id_kind kind, const struct id *id);
void print_text(struct table *t, const char *label, const char *text);     /* NULL: a dash */
void print_time(struct table *t, const char *label, int64_t ms);
/* "unlimited" or the figure. */
const char *limit_text(struct arena *a, int64_t limit);

#endif
