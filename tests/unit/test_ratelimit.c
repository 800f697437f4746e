/* Requests per minute (core/ratelimit.h). The row that hosts lease from is one in memory that all processes of a
 * test share, and the clock stands still until it is moved. */
#include "core/ratelimit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "core_suites.h"
#include "store/request_minutes.h"

#define MINUTE     INT64_C(29000000)
#define ACCOUNTS   20000

/* ---- the database ---- */

struct row { int64_t minute, leased; };

static struct shared {
	pthread_mutex_t lock;
	struct row rows[ACCOUNTS + 1];
	atomic_int calls;
	int64_t minute;               /* the database's clock */
	bool    away;
} *db;

bool request_minutes_lease(struct db *unused, uint64_t account_id, int64_t limit, int64_t most,
                           struct minute_lease *l, struct error *err)
{
	struct row *row = &db->rows[account_id];

	atomic_fetch_add(&db->calls, 1);
	if (db->away)
		return err_set(err, ERR_UNAVAILABLE, "Away");
	pthread_mutex_lock(&db->lock);
	if (row->minute != db->minute)
		*row = (struct row){.minute = db->minute};
	l->got = (limit - row->leased) / 4;
	l->got = row->leased >= limit ? 0 : l->got < 1 ? 1 : l->got < most ? l->got : most;
	row->leased += l->got;
	l->minute = row->minute;
	l->leased = row->leased;
	pthread_mutex_unlock(&db->lock);
	return true;
}

/* ---- hosts ---- */

static int64_t now_ms;
static struct ratelimit *host;
static char path[] = "/tmp/agentiv-limits-XXXXXX", other_path[] = "/tmp/agentiv-limits-XXXXXX";
static struct rate_info info;
static struct error err;

static int64_t clock_ms(void)
{
	return now_ms;
}

static int open_suite(void)
{
	pthread_mutexattr_t attr;
	int a = mkstemp(path), b = mkstemp(other_path);

	close(a);
	close(b);
	db = mmap(NULL, sizeof *db, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&db->lock, &attr);
	clock_set_source(clock_ms, NULL);
	return a < 0 || b < 0 || db == MAP_FAILED;
}

static int close_suite(void)
{
	ratelimit_close(host);
	clock_set_source(NULL, NULL);
	munmap(db, sizeof *db);
	unlink(path);
	unlink(other_path);
	return 0;
}

/* The clock of the host and of the database. */
static void set_minute(int64_t minute)
{
	now_ms = minute * 60000 + 20000;
	db->minute = minute;
}

static void start(void)
{
	ratelimit_close(host);
	unlink(path);
	memset(db->rows, 0, sizeof db->rows);
	db->away = false;
	set_minute(MINUTE);
	host = ratelimit_open(path, NULL, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(host);
	atomic_store(&db->calls, 0);
}

static bool spend(struct ratelimit *r, uint64_t account_id, int64_t limit)
{
	memset(&err, 0, sizeof err);
	return ratelimit_spend(r, account_id, limit, &info, &err);
}

static int spend_all(struct ratelimit *r, uint64_t account_id, int64_t limit)
{
	int n = 0;

	while (spend(r, account_id, limit))
		n++;
	return n;
}

/* ---- one host ---- */

static void a_lone_host_gets_exactly_the_whole_figure(void)
{
	static const int limits[] = {1, 2, 7, 30, 120, 121, 1000, 60000};
	unsigned i;

	start();
	for (i = 0; i < sizeof limits / sizeof *limits; i++)
		CU_ASSERT_EQUAL(spend_all(host, i + 1, limits[i]), limits[i]);
}

static void what_remains_falls_by_one_with_each_request(void)
{
	int64_t left;

	start();
	for (left = 119; left >= 0; left--) {
		CU_ASSERT_TRUE(spend(host, 1, 120));
		CU_ASSERT_EQUAL(info.remaining, left);
		CU_ASSERT_EQUAL(info.limit, 120);
		CU_ASSERT_EQUAL(info.reset_s, (MINUTE + 1) * 60);
	}
}

static void the_request_after_the_last_is_told_when_to_come_back(void)
{
	start();
	spend_all(host, 1, 3);
	CU_ASSERT_EQUAL(err.code, ERR_RATE_LIMITED);
	CU_ASSERT_EQUAL(err.retry_after, 40);
	CU_ASSERT_EQUAL(info.remaining, 0);
	CU_ASSERT_EQUAL(info.reset_s, (MINUTE + 1) * 60);
}

static void the_next_minute_is_whole_again(void)
{
	start();
	CU_ASSERT_EQUAL(spend_all(host, 1, 120), 120);
	set_minute(MINUTE + 1);
	CU_ASSERT_EQUAL(spend_all(host, 1, 120), 120);
	set_minute(MINUTE + 1000);
	CU_ASSERT_TRUE(spend(host, 1, 120));
	set_minute(MINUTE + 1001);
	CU_ASSERT_EQUAL(spend_all(host, 1, 120), 120);
}

static void most_requests_do_not_ask_the_database(void)
{
	start();
	spend_all(host, 1, 120);
	CU_ASSERT_TRUE(atomic_load(&db->calls) <= 30);
	atomic_store(&db->calls, 0);
	spend_all(host, 2, 60000);
	CU_ASSERT_TRUE(atomic_load(&db->calls) <= 130);
}

static void refused_requests_do_not_ask_the_database(void)
{
	start();
	spend_all(host, 1, 10);
	atomic_store(&db->calls, 0);
	CU_ASSERT_FALSE(spend(host, 1, 10));
	CU_ASSERT_FALSE(spend(host, 1, 10));
	CU_ASSERT_EQUAL(atomic_load(&db->calls), 0);
}

static void an_unlimited_account_touches_nothing(void)
{
	start();
	CU_ASSERT_TRUE(spend(host, 1, -1));
	CU_ASSERT_EQUAL(info.limit, -1);
	CU_ASSERT_EQUAL(info.remaining, -1);
	CU_ASSERT_EQUAL(atomic_load(&db->calls), 0);
}

static void a_limit_of_none_refuses_all(void)
{
	start();
	CU_ASSERT_FALSE(spend(host, 1, 0));
	CU_ASSERT_EQUAL(err.code, ERR_RATE_LIMITED);
}

static void a_raised_limit_counts_at_once(void)
{
	start();
	CU_ASSERT_EQUAL(spend_all(host, 1, 10), 10);
	CU_ASSERT_EQUAL(spend_all(host, 1, 25), 15);
}

static void without_a_database_what_is_leased_can_be_spent(void)
{
	start();
	CU_ASSERT_TRUE(spend(host, 1, 120));
	db->away = true;
	CU_ASSERT_EQUAL(spend_all(host, 1, 120), 7);
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
	db->away = false;
	CU_ASSERT_EQUAL(spend_all(host, 1, 120), 112);
}

static void a_database_that_is_a_minute_ahead_is_believed(void)
{
	start();
	now_ms = (MINUTE + 1) * 60000 - 5;
	db->minute = MINUTE + 1;
	CU_ASSERT_EQUAL(spend_all(host, 1, 120), 120);
	CU_ASSERT_EQUAL(info.reset_s, (MINUTE + 2) * 60);
	set_minute(MINUTE + 1);
	CU_ASSERT_FALSE(spend(host, 1, 120));
}

static void a_database_that_is_a_minute_behind_gives_no_more_than_its_own(void)
{
	int n;

	start();
	CU_ASSERT_EQUAL(spend_all(host, 1, 60), 60);
	now_ms = (MINUTE + 1) * 60000 + 5;
	CU_ASSERT_FALSE(spend(host, 1, 60));
	CU_ASSERT_EQUAL(err.code, ERR_RATE_LIMITED);
	db->minute = MINUTE + 1;
	n = spend_all(host, 1, 60);
	CU_ASSERT_EQUAL(n, 60);
}

static void a_lowered_limit_counts_at_once(void)
{
	int i;

	start();
	for (i = 0; i < 9; i++)
		CU_ASSERT_TRUE(spend(host, 1, 120));
	CU_ASSERT_EQUAL(spend_all(host, 1, 15), 6);
}

/* In place of the file's descriptor one on which nothing can be locked for writing. */
static void lose_locks(void)
{
	char link[64], target[256];
	int fd, none = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (fd = 3; fd < 256; fd++) {
		ssize_t n;

		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strcmp(target, path) == 0)
			CU_ASSERT_EQUAL(dup2(none, fd), fd);
	}
	close(none);
}

static void without_a_lock_the_request_is_told_to_come_back(void)
{
	start();
	lose_locks();
	CU_ASSERT_FALSE(spend(host, 1, 10));
	CU_ASSERT_EQUAL(err.code, ERR_UNAVAILABLE);
	CU_ASSERT_EQUAL(err.retry_after, 1);
}

/* ---- many at once ---- */

#define THREADS 8
#define LIMIT   200000

static atomic_uint seen[LIMIT];

static void *spend_thread(void *arg)
{
	struct rate_info mine;
	struct error why;

	while (ratelimit_spend(host, 1, LIMIT, &mine, &why))
		atomic_fetch_add(&seen[mine.remaining], 1);
	return NULL;
}

static void threads_spend_each_request_once(void)
{
	pthread_t threads[THREADS];
	unsigned i, once = 0;

	start();
	memset(seen, 0, sizeof seen);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, spend_thread, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < LIMIT; i++)
		once += atomic_load(&seen[i]) == 1;
	CU_ASSERT_EQUAL(once, LIMIT);
}

/* A process of its own spends up to most requests, and is killed with what it holds. Its count comes back by the
 * pipe. */
static pid_t process(int most, int to)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct ratelimit *mine = ratelimit_open(path, NULL, &err);
		int n = 0;

		while (n < most && spend(mine, 1, LIMIT))
			n++;
		if (write(to, &n, sizeof n) != sizeof n)
			_exit(1);
		raise(SIGKILL);
	}
	return pid;
}

static void processes_share_one_figure_and_the_dead_hold_nothing(void)
{
	int ends[2], sum = 0, n, i;

	start();
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	for (i = 0; i < 4; i++)
		process(300, ends[1]);
	for (i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(read(ends[0], &n, sizeof n), (ssize_t)sizeof n);
		sum += n;
	}
	while (wait(NULL) > 0)
		;
	CU_ASSERT_EQUAL(sum, 1200);
	CU_ASSERT_EQUAL(spend_all(host, 1, LIMIT), LIMIT - 1200);
	close(ends[0]);
	close(ends[1]);
}

static void two_hosts_never_exceed_the_figure(void)
{
	struct ratelimit *other;
	int n = 0, m = 0, misses = 0;

	start();
	unlink(other_path);
	other = ratelimit_open(other_path, NULL, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	while (misses < 2) {
		bool here = spend(host, 1, 120), there = spend(other, 1, 120);

		n += here;
		m += there;
		misses += !here && !there;
	}
	CU_ASSERT_EQUAL(n + m, 120);
	/* what one leaves unspent is at most a lease */
	set_minute(MINUTE + 1);
	CU_ASSERT_TRUE(spend(other, 1, 120));
	n = spend_all(host, 1, 120);
	CU_ASSERT_TRUE(n + 1 <= 120 && n + 1 >= 112);
	ratelimit_close(other);
}

/* ---- the file ---- */

static void more_accounts_than_slots_are_counted_exactly(void)
{
	uint64_t account;
	unsigned wrong = 0;

	start();
	for (account = 1; account <= ACCOUNTS; account++)
		wrong += !spend(host, account, 2);
	for (account = 1; account <= ACCOUNTS; account++)
		wrong += !spend(host, account, 2);
	for (account = 1; account <= ACCOUNTS; account++)
		wrong += spend(host, account, 2);
	CU_ASSERT_EQUAL(wrong, 0);
}

static void slots_of_earlier_minutes_are_used_again(void)
{
	uint64_t account;
	unsigned wrong = 0;

	start();
	for (account = 1; account <= ACCOUNTS; account++)
		wrong += !spend(host, account, 120);
	set_minute(MINUTE + 2);
	atomic_store(&db->calls, 0);
	for (account = ACCOUNTS; account > ACCOUNTS - 5000; account--)
		wrong += spend_all(host, account, 2) != 2;
	CU_ASSERT_EQUAL(wrong, 0);
	/* one lease a request, and none for the one that is refused: all of them found a slot */
	CU_ASSERT_EQUAL(atomic_load(&db->calls), 5000 * 2);
}

/* Slots that would give account 1 a thousand requests more. */
static void a_file_of_another_version_starts_empty(void)
{
	uint64_t slot[2] = {1, (uint64_t)(MINUTE & 0xfffff) << 44 | 1000 << 22};
	unsigned i;
	FILE *f;

	start();
	spend_all(host, 1, 120);
	ratelimit_close(host);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (i = 0; i < 20000; i++)
		CU_ASSERT_EQUAL(fwrite(slot, sizeof slot, 1, f), 1);
	fclose(f);
	host = ratelimit_open(path, NULL, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(host);
	CU_ASSERT_FALSE(spend(host, 1, 120));
	CU_ASSERT_EQUAL(spend_all(host, 2, 120), 120);
}

static void a_file_that_cannot_be_made_is_an_error(void)
{
	CU_ASSERT_PTR_NULL(ratelimit_open("/nowhere/requests.map", NULL, &err));
	CU_ASSERT_EQUAL(err.code, ERR_INTERNAL);
}

static CU_TestInfo tests[] = {
	{"a lone host gets exactly the whole figure", a_lone_host_gets_exactly_the_whole_figure},
	{"what remains falls by one with each request", what_remains_falls_by_one_with_each_request},
	{"the request after the last is told when to come back",
	 the_request_after_the_last_is_told_when_to_come_back},
	{"the next minute is whole again", the_next_minute_is_whole_again},
	{"most requests do not ask the database", most_requests_do_not_ask_the_database},
	{"refused requests do not ask the database", refused_requests_do_not_ask_the_database},
	{"an unlimited account touches nothing", an_unlimited_account_touches_nothing},
	{"a limit of none refuses all", a_limit_of_none_refuses_all},
	{"a raised limit counts at once", a_raised_limit_counts_at_once},
	{"without a database what is leased can be spent", without_a_database_what_is_leased_can_be_spent},
	{"a database that is a minute ahead is believed", a_database_that_is_a_minute_ahead_is_believed},
	{"a database that is a minute behind gives no more than its own",
	 a_database_that_is_a_minute_behind_gives_no_more_than_its_own},
	{"a lowered limit counts at once", a_lowered_limit_counts_at_once},
	{"without a lock the request is told to come back", without_a_lock_the_request_is_told_to_come_back},
	{"threads spend each request once", threads_spend_each_request_once},
	{"processes share one figure and the dead hold nothing",
	 processes_share_one_figure_and_the_dead_hold_nothing},
	{"two hosts never exceed the figure", two_hosts_never_exceed_the_figure},
	{"more accounts than slots are counted exactly", more_accounts_than_slots_are_counted_exactly},
	{"slots of earlier minutes are used again", slots_of_earlier_minutes_are_used_again},
	{"a file of another version starts empty", a_file_of_another_version_starts_empty},
	{"a file that cannot be made is an error", a_file_that_cannot_be_made_is_an_error},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo ratelimit_suite = {"limits: requests per minute", open_suite, close_suite, NULL, NULL,
                                      tests};
