#include "read_counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "queue_fixture.h"

static void add(struct read_counts *n, const char *name, int64_t value)
{
	static const struct { const char *name; size_t at; } counters[] = {
		{"Select_scan", offsetof(struct read_counts, scans)},
		{"Select_full_join", offsetof(struct read_counts, scans)},
		{"Handler_read_rnd_next", offsetof(struct read_counts, scanned)},
		{"Handler_read_first", offsetof(struct read_counts, walked)},
		{"Handler_read_last", offsetof(struct read_counts, walked)},
		{"Handler_read_next", offsetof(struct read_counts, walked)},
		{"Handler_read_prev", offsetof(struct read_counts, walked)},
		{"Handler_read_key", offsetof(struct read_counts, looked_up)},
		{"Sort_rows", offsetof(struct read_counts, sorted)},
	};
	unsigned i;

	for (i = 0; i < sizeof counters / sizeof *counters; i++)
		if (strcmp(counters[i].name, name) == 0)
			*(int64_t *)((char *)n + counters[i].at) += value;
}

struct read_counts read_counts_now(void)
{
	static const char sql[] =
		"SHOW SESSION STATUS WHERE Variable_name IN ('Select_scan', 'Select_full_join',"
		" 'Handler_read_rnd_next', 'Handler_read_first', 'Handler_read_last', 'Handler_read_next',"
		" 'Handler_read_prev', 'Handler_read_key', 'Sort_rows')";
	struct read_counts n = {0};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, sql, NULL, 0, &err));
	while (db_next(fx_conn, &err) == 1) {
		char name[64] = "";

		strncat(name, db_col_str(fx_conn, 0), sizeof name - 1);
		add(&n, name, db_col_int(fx_conn, 1));
	}
	db_end(fx_conn);
	return n;
}

struct read_counts read_counts_since(struct read_counts from)
{
	struct read_counts n = read_counts_now();

	n.scans -= from.scans;
	n.scanned -= from.scanned;
	n.walked -= from.walked;
	n.looked_up -= from.looked_up;
	n.sorted -= from.sorted;
	return n;
}

bool read_counts_within(struct read_counts from, const char *what, int64_t keys, int64_t rows)
{
	struct read_counts n = read_counts_since(from);
	bool ok = n.scans == 0 && n.scanned == 0 && n.sorted == 0 && n.looked_up <= keys && n.walked <= rows;

	if (!ok)
		fprintf(stderr, "%s: scans=%" PRId64 " scanned=%" PRId64 " sorted=%" PRId64 " keys=%" PRId64
		        " walked=%" PRId64 "\n", what, n.scans, n.scanned, n.sorted, n.looked_up, n.walked);
	return ok;
}
