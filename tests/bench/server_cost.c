#include "server_cost.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

#define SETTLE_US INT64_C(60000000)

void must(bool ok, const char *what, const struct error *err)
{
	if (ok)
		return;
	log_error(what, err);
	exit(1);
}

int64_t server_cpu_us(long pid)
{
	char path[300];
	struct dirent *e;
	int64_t sum = 0, ns;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%ld/task", pid);
	if (pid == 0 || !(d = opendir(path)))
		return 0;
	while ((e = readdir(d)) != NULL) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/%ld/task/%s/schedstat", pid, e->d_name);
		if (!(f = fopen(path, "r")))
			continue;
		if (fscanf(f, "%" SCNd64, &ns) == 1)
			sum += ns;
		fclose(f);
	}
	closedir(d);
	return sum / 1000;
}

static int64_t status_of(struct db_conn *c, const char *name)
{
	struct db_arg arg = db_str(name);
	struct error err;
	int64_t n = 0;

	must(db_query(c, "SHOW GLOBAL STATUS WHERE Variable_name = ?", &arg, 1, &err), "status", &err);
	if (db_next(c, &err) == 1)
		n = db_col_int(c, 1);
	db_end(c);
	return n;
}

void settle(struct db_conn *c)
{
	int64_t until = clock_mono_us() + SETTLE_US, last = -1, dirty;
	struct timespec t = {.tv_nsec = 500000000};

	while (clock_mono_us() < until) {
		dirty = status_of(c, "Innodb_buffer_pool_pages_dirty");
		if (status_of(c, "Innodb_history_list_length") < 100 && dirty == last)
			return;
		last = dirty;
		nanosleep(&t, NULL);
	}
}

static int by_number(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

double median(double *n, long count)
{
	qsort(n, (size_t)count, sizeof *n, by_number);
	return n[count / 2];
}
