/* Doorbells (base/doorbell.h). */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/doorbell.h"
#include "base/rnd.h"
#include "base_fixture.h"
#include "base_suites.h"

static char dir[FX_PATH];
static int64_t mono;

static int64_t fixed_mono(void)
{
	return mono;
}

static int begin(void)
{
	clock_set_source(NULL, fixed_mono);
	return fx_dir(dir) ? 0 : 1;
}

static int end(void)
{
	clock_set_source(NULL, NULL);
	fx_dir_remove(dir);
	return 0;
}

static struct doorbell opened(const char *program)
{
	struct doorbell d;
	struct error err = {0};

	if (!doorbell_open(&d, dir, program, &err))
		fprintf(stderr, "%s\n", err.message);
	CU_ASSERT_TRUE_FATAL(d.fd >= 0);
	return d;
}

static bool heard(struct doorbell *d, const char *msg)
{
	char out[64];
	long n = doorbell_read(d, out, sizeof out);

	return n == (long)strlen(msg) && memcmp(out, msg, (size_t)n) == 0;
}

/* A socket file whose process is gone. */
static void plant_stale(const char *name)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", dir, name);
	CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	close(fd);
}

static bool exists(const char *name)
{
	char path[2 * FX_PATH];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void a_ring_is_heard_once(void)
{
	struct doorbell d = opened("agentiv-worker");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	doorbell_ring_any(r, "agentiv-worker", "w", 1);
	CU_ASSERT_TRUE(heard(&d, "w"));
	CU_ASSERT_EQUAL(doorbell_read(&d, &mono, 0), -1);
	doorbell_ringer_free(r);
	doorbell_close(&d);
	CU_ASSERT_EQUAL(fx_dir_count(dir), 0);
}

static void names_hold_program_and_process_and_are_private_to_the_group(void)
{
	struct doorbell d = opened("agentiv.fcgi"), e = opened("agentiv.fcgi");
	char expected[64];
	struct stat st;

	snprintf(expected, sizeof expected, "agentiv.fcgi.%ld.", (long)getpid());
	CU_ASSERT_EQUAL(strncmp(d.name, expected, strlen(expected)), 0);
	CU_ASSERT_STRING_EQUAL(d.name + strlen(d.name) - 5, ".sock");
	CU_ASSERT_STRING_NOT_EQUAL(d.name, e.name);
	CU_ASSERT_EQUAL(stat(d.path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	doorbell_close(&d);
	doorbell_close(&e);
}

static void rings_go_round_and_all_hear_a_ring_to_all(void)
{
	struct doorbell d = opened("agentiv-worker"), e = opened("agentiv-worker");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	doorbell_ring_any(r, "agentiv-worker", "1", 1);
	doorbell_ring_any(r, "agentiv-worker", "1", 1);
	CU_ASSERT_TRUE(heard(&d, "1"));
	CU_ASSERT_TRUE(heard(&e, "1"));
	doorbell_ring_all(r, "agentiv-worker", NULL, "3", 1);
	CU_ASSERT_TRUE(heard(&d, "3"));
	CU_ASSERT_TRUE(heard(&e, "3"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
	doorbell_close(&e);
}

static void only_the_program_that_is_meant_is_rung(void)
{
	struct doorbell d = opened("agentiv-worker"), e = opened("agentiv-webhookd");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	doorbell_ring_any(r, "agentiv-webhookd", "x", 1);
	doorbell_ring_any(r, "agentiv", "y", 1);
	CU_ASSERT_TRUE(heard(&e, "x"));
	CU_ASSERT_EQUAL(doorbell_read(&d, &mono, 0), -1);
	doorbell_ringer_free(r);
	doorbell_close(&d);
	doorbell_close(&e);
}

static void a_stale_socket_is_removed_and_the_next_one_rung(void)
{
	struct doorbell d = opened("agentiv-worker");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	plant_stale("agentiv-worker.1.0.sock");
	doorbell_ring_any(r, "agentiv-worker", "1", 1);
	doorbell_ring_any(r, "agentiv-worker", "2", 1);
	CU_ASSERT_TRUE(heard(&d, "1"));
	CU_ASSERT_TRUE(heard(&d, "2"));
	CU_ASSERT_FALSE(exists("agentiv-worker.1.0.sock"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
}

static void a_full_one_is_skipped_without_blocking(void)
{
	struct doorbell d = opened("agentiv-worker");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);
	char out[8];
	int i, n = 0;

	for (i = 0; i < 5000; i++)
		doorbell_ring_any(r, "agentiv-worker", "x", 1);
	while (doorbell_read(&d, out, sizeof out) > 0)
		n++;
	CU_ASSERT_TRUE(n > 0 && n < 5000);
	doorbell_ring_any(r, "agentiv-worker", "y", 1);
	CU_ASSERT_TRUE(heard(&d, "y"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
}

static void the_directory_is_looked_at_once_a_second(void)
{
	struct doorbell_ringer *r = doorbell_ringer_new(dir);
	struct doorbell d;

	doorbell_ring_any(r, "agentiv-worker", "1", 1);
	d = opened("agentiv-worker");
	mono += 999999;
	doorbell_ring_any(r, "agentiv-worker", "2", 1);
	CU_ASSERT_EQUAL(doorbell_read(&d, &mono, 0), -1);
	mono += 1;
	doorbell_ring_any(r, "agentiv-worker", "3", 1);
	CU_ASSERT_TRUE(heard(&d, "3"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
}

static void who_took_the_place_of_the_only_one_is_rung_at_once(void)
{
	struct doorbell d = opened("agentiv-worker");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	doorbell_ring_any(r, "agentiv-worker", "1", 1);
	doorbell_close(&d);
	d = opened("agentiv-worker");
	doorbell_ring_any(r, "agentiv-worker", "2", 1);
	CU_ASSERT_TRUE(heard(&d, "2"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
}

static void what_can_never_be_rung_keeps_nobody_waiting(void)
{
	struct doorbell_ringer *r = doorbell_ringer_new(dir);
	char path[2 * FX_PATH];
	struct doorbell d;

	snprintf(path, sizeof path, "%s/agentiv-worker.1.x.sock", dir);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
	doorbell_ring_any(r, "agentiv-worker", "1", 1);
	d = opened("agentiv-worker");
	mono += 1000000;
	doorbell_ring_any(r, "agentiv-worker", "2", 1);
	CU_ASSERT_TRUE(heard(&d, "2"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
	rmdir(path);
}

static void who_rings_the_others_does_not_hear_it(void)
{
	struct doorbell d = opened("agentiv-worker"), e = opened("agentiv-worker");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	doorbell_ring_all(r, "agentiv-worker", d.name, "1", 1);
	CU_ASSERT_EQUAL(doorbell_read(&d, &mono, 0), -1);
	CU_ASSERT_TRUE(heard(&e, "1"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
	doorbell_close(&e);
}

static void a_waiter_is_rung_by_its_name(void)
{
	struct doorbell d = opened("agentiv.fcgi");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);

	doorbell_ring_name(r, d.name, "e", 1);
	CU_ASSERT_TRUE(heard(&d, "e"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
}

static void names_that_leave_the_directory_are_refused(void)
{
	struct doorbell d = opened("agentiv.fcgi");
	struct doorbell_ringer *r = doorbell_ringer_new(dir);
	char name[2 * FX_PATH];

	snprintf(name, sizeof name, "../%s/%s", strrchr(dir, '/') + 1, d.name);
	doorbell_ring_name(r, name, "e", 1);
	snprintf(name, sizeof name, "/%s", d.name);
	doorbell_ring_name(r, name, "e", 1);
	doorbell_ring_name(r, "", "e", 1);
	doorbell_ring_name(r, NULL, "e", 1);
	CU_ASSERT_EQUAL(doorbell_read(&d, &mono, 0), -1);
	doorbell_ringer_free(r);
	doorbell_close(&d);
}

static void only_a_dead_process_is_not_alive(void)
{
	struct doorbell d = opened("agentiv-worker");
	char path[2 * FX_PATH];

	CU_ASSERT_TRUE(doorbell_alive(dir, d.name));
	doorbell_close(&d);
	CU_ASSERT_FALSE(doorbell_alive(dir, d.name));
	snprintf(path, sizeof path, "%s/agentiv-worker.2.0.sock", dir);
	plant_stale("agentiv-worker.2.0.sock");
	CU_ASSERT_FALSE(doorbell_alive(dir, "agentiv-worker.2.0.sock"));
	unlink(path);
	/* names that are no sockets of ours say nothing about a death */
	CU_ASSERT_TRUE(doorbell_alive(dir, "tick"));
	CU_ASSERT_TRUE(doorbell_alive(dir, "../x.sock"));
}

static void the_living_and_the_dead_are_counted(void)
{
	struct doorbell d = opened("agentiv-worker"), e = opened("agentiv-worker");
	struct doorbell f = opened("agentiv-webhookd");
	char path[2 * FX_PATH];
	unsigned alive, stale;

	plant_stale("agentiv-worker.3.0.sock");
	doorbell_count(dir, "agentiv-worker", &alive, &stale);
	CU_ASSERT_EQUAL(alive, 2);
	CU_ASSERT_EQUAL(stale, 1);
	doorbell_count("/nonexistent", "agentiv-worker", &alive, &stale);
	CU_ASSERT_EQUAL(alive + stale, 0);
	snprintf(path, sizeof path, "%s/agentiv-worker.3.0.sock", dir);
	unlink(path);
	doorbell_close(&d);
	doorbell_close(&e);
	doorbell_close(&f);
}

/* A container's processes have the same numbers after each start. */
static void a_dead_process_s_namesake_has_another_name(void)
{
	struct doorbell d = opened("agentiv-worker"), again;
	char name[64];

	strcpy(name, d.name);
	doorbell_close(&d);
	plant_stale(name);
	again = opened("agentiv-worker");
	CU_ASSERT_STRING_NOT_EQUAL(again.name, name);
	CU_ASSERT_FALSE(doorbell_alive(dir, name));
	doorbell_close(&again);
}

static unsigned char next_number;

static void count_up(void *out, size_t n)
{
	memset(out, 0, n);
	*(unsigned char *)out = next_number++;
}

static void a_name_that_is_taken_is_passed_over(void)
{
	char name[64], path[2 * FX_PATH];
	struct doorbell_ringer *r = doorbell_ringer_new(dir);
	struct doorbell d;

	snprintf(name, sizeof name, "agentiv-worker.%ld.00000000.sock", (long)getpid());
	snprintf(path, sizeof path, "%s/%s", dir, name);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
	next_number = 0;
	rnd_set_source(count_up);
	d = opened("agentiv-worker");
	rnd_set_source(NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(d.name, ".00000001.sock"));
	doorbell_ring_all(r, "agentiv-worker", NULL, "x", 1);
	CU_ASSERT_TRUE(heard(&d, "x"));
	doorbell_ringer_free(r);
	doorbell_close(&d);
	rmdir(path);
}

static void a_run_directory_that_is_too_long_is_a_clear_error(void)
{
	char long_dir[128];
	struct doorbell d;
	struct error err;

	snprintf(long_dir, sizeof long_dir, "/tmp/%0100d", 0);
	CU_ASSERT_FALSE(doorbell_open(&d, long_dir, "agentiv-worker", &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "is too long"));
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	doorbell_close(&d);
	CU_ASSERT_FALSE(doorbell_open(&d, "/nonexistent", "agentiv-worker", &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/nonexistent"));
}

static void without_a_directory_rings_are_lost_quietly(void)
{
	struct doorbell_ringer *r = doorbell_ringer_new("/nonexistent");
	char long_dir[400];

	doorbell_ring_any(r, "agentiv-worker", "x", 1);
	doorbell_ring_name(r, "agentiv-worker.1.0.sock", "x", 1);
	doorbell_ringer_free(r);
	snprintf(long_dir, sizeof long_dir, "/tmp/%0300d", 0);
	r = doorbell_ringer_new(long_dir);
	doorbell_ring_all(r, "agentiv-worker", NULL, "x", 1);
	doorbell_ringer_free(r);
	doorbell_ringer_free(NULL);
	CU_PASS("nothing happened");
}

static CU_TestInfo tests[] = {
	{"a ring is heard once", a_ring_is_heard_once},
	{"names hold program and process, and are private to the group",
	 names_hold_program_and_process_and_are_private_to_the_group},
	{"rings go round, and all hear a ring to all", rings_go_round_and_all_hear_a_ring_to_all},
	{"only the program that is meant is rung", only_the_program_that_is_meant_is_rung},
	{"a stale socket is removed and the next one rung",
	 a_stale_socket_is_removed_and_the_next_one_rung},
	{"a full one is skipped without blocking", a_full_one_is_skipped_without_blocking},
	{"the directory is looked at once a second", the_directory_is_looked_at_once_a_second},
	{"who took the place of the only one is rung at once", who_took_the_place_of_the_only_one_is_rung_at_once},
	{"what can never be rung keeps nobody waiting", what_can_never_be_rung_keeps_nobody_waiting},
	{"who rings the others does not hear it", who_rings_the_others_does_not_hear_it},
	{"a waiter is rung by its name", a_waiter_is_rung_by_its_name},
	{"names that leave the directory are refused", names_that_leave_the_directory_are_refused},
	{"only a dead process is not alive", only_a_dead_process_is_not_alive},
	{"the living and the dead are counted", the_living_and_the_dead_are_counted},
	{"a dead process's namesake has another name", a_dead_process_s_namesake_has_another_name},
	{"a name that is taken is passed over", a_name_that_is_taken_is_passed_over},
	{"a run directory that is too long is a clear error",
	 a_run_directory_that_is_too_long_is_a_clear_error},
	{"without a directory, rings are lost quietly", without_a_directory_rings_are_lost_quietly},
	CU_TEST_INFO_NULL};

CU_SuiteInfo doorbell_suite = {"doorbells", begin, end, NULL, NULL, tests};
