/* Takes an SQL script apart into single statements, for migrations.
 *
 * Understood: quotes ('…', "…" with backslash escapes and doubling, `…` with doubling), comments
 * (-- to the end of the line, #, slash-star), and ; between statements. Comments become one space,
 * except those that MySQL or MariaDB executes or reads as hints; white space outside of
 * quotes is made one space, so that a change of layout or comment is no change of the statement.
 * DELIMITER, a command of the mysql client, is refused.
 *
 * Ownership: sql_split fills the list, sql_list_release frees it. */
#ifndef AGENTIV_STORE_SQL_SPLIT_H
#define AGENTIV_STORE_SQL_SPLIT_H

#include <stddef.h>

#include "base/err.h"

#define SQL_STATEMENTS_MAX 4096
#define SQL_STATEMENT_SIZE (1u << 20)

struct sql_statement {
	char    *text;       /* without the semicolon, never empty */
	unsigned line;       /* where it begins, from 1 */
};

struct sql_list {
	struct sql_statement *items;
	unsigned n;
};

/* ERR_INVALID_INPUT names the line of what is not closed or not allowed; the list is empty then. */
bool sql_split(const char *text, size_t n, struct sql_list *out, struct error *err);
void sql_list_release(struct sql_list *list);

#endif
