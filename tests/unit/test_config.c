/* The configuration (base/config.h). */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base_fixture.h"
#include "base_suites.h"

static char dir[FX_PATH];

static int begin(void)
{
	unsetenv("AGENTIV_CONFIG");
	return fx_dir(dir) ? 0 : 1;
}

static int end(void)
{
	fx_dir_remove(dir);
	return 0;
}

static bool load(const char *text, struct config *c, struct error *err)
{
	char path[2 * FX_PATH];

	fx_file(dir, "a.conf", text, path);
	return config_load(path, c, err);
}

/* The message of a configuration that must be refused, without the directory. */
static const char *refusal(const char *text)
{
	static struct error err;
	struct config c;
	const char *at;

	memset(&err, 0, sizeof err);
	if (load(text, &c, &err)) {
		config_release(&c);
		return "accepted";
	}
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	at = strstr(err.message, "a.conf");
	return at ? at : err.message;
}

static void an_empty_file_gives_the_defaults(void)
{
	struct config c;

	CU_ASSERT_TRUE_FATAL(load("", &c, NULL));
	CU_ASSERT_STRING_EQUAL(c.db_name, "agentiv");
	CU_ASSERT_STRING_EQUAL(c.db_password, "");
	CU_ASSERT_EQUAL(c.db_connect_timeout_s, 1);
	CU_ASSERT_EQUAL(c.db_read_timeout_s, 5);
	CU_ASSERT_FALSE(c.db_tls);
	CU_ASSERT_STRING_EQUAL(c.run_dir, "/run/agentiv");
	CU_ASSERT_EQUAL(c.listen_mode, 0660);
	CU_ASSERT_EQUAL(c.threads, 4);
	CU_ASSERT_EQUAL(c.sync_wait_s, 55);
	CU_ASSERT_EQUAL(c.max_body, 1 << 20);
	CU_ASSERT_FALSE(c.run_inline);
	CU_ASSERT_TRUE(c.worker_threads == 8 && c.worker_batch == 64 && c.worker_poll_ms == 1000 &&
	               c.worker_idle_poll_ms == 30000);
	CU_ASSERT_TRUE(c.lease_s == 30 && c.max_attempts == 3 && c.retry_base_ms == 1000 &&
	               c.retry_max_ms == 60000);
	CU_ASSERT_TRUE(c.sender_inflight == 1000 && c.sender_poll_ms == 1000 && c.sender_idle_poll_ms == 30000 &&
	               c.webhook_timeout_s == 15 && c.webhook_lease_s == 30);
	CU_ASSERT_TRUE(c.scheduler_poll_ms == 1000 && c.scheduler_idle_poll_ms == 30000);
	CU_ASSERT_TRUE(c.executions_days == 90 && c.steps_days == 30 && c.deliveries_days == 30 && c.audit_days == 365 &&
	               c.idempotency_hours == 24);
	CU_ASSERT_STRING_EQUAL(c.allow_networks, "");
	CU_ASSERT_STRING_EQUAL(c.webhook_schedule_s, "5,30,120,600,3600,10800,21600,43200");
	config_release(&c);
}

static void a_file_sets_values_of_every_type(void)
{
	struct config c;

	CU_ASSERT_TRUE_FATAL(load("; comment\n# comment\n[database]\nhosts = a:3307, b ; remark\n"
	                          "  tls = Yes\n[http]\nlisten_mode=666\nmax_body = 2048\n"
	                          "[paths]\nagents_dir = /with space\n", &c, NULL));
	CU_ASSERT_STRING_EQUAL(c.db_hosts, "a:3307, b");
	CU_ASSERT_TRUE(c.db_tls);
	CU_ASSERT_EQUAL(c.listen_mode, 0666);
	CU_ASSERT_EQUAL(c.max_body, 2048);
	CU_ASSERT_STRING_EQUAL(c.agents_dir, "/with space");
	config_release(&c);
}

static void the_environment_overrides_the_file(void)
{
	struct config c;

	setenv("AGENTIV_WORKER_THREADS", "17", 1);
	setenv("AGENTIV_PATHS_AGENTS_DIR", "", 1);
	CU_ASSERT_TRUE_FATAL(load("[worker]\nthreads = 3\nbatch = 5\n[paths]\nagents_dir = /x\n", &c,
	                          NULL));
	unsetenv("AGENTIV_WORKER_THREADS");
	unsetenv("AGENTIV_PATHS_AGENTS_DIR");
	CU_ASSERT_EQUAL(c.worker_threads, 17);
	CU_ASSERT_EQUAL(c.worker_batch, 5);
	CU_ASSERT_STRING_EQUAL(c.agents_dir, "");
	config_release(&c);
}

/* The same for one variable of the environment. */
static const char *refusal_of_variable(const char *name, const char *value)
{
	const char *message;

	setenv(name, value, 1);
	message = refusal("");
	unsetenv(name);
	return message;
}

static void a_bad_environment_variable_is_named(void)
{
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_WORKER_THREADS", "many"),
	                       "AGENTIV_WORKER_THREADS (environment) must be a whole number, not \"many\"");
}

static void a_variable_that_is_no_setting_of_its_section_is_refused(void)
{
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_HTTP_SYNC_WAIT", "20"),
	                       "AGENTIV_HTTP_SYNC_WAIT (environment) is no setting of [http];"
	                       " did you mean AGENTIV_HTTP_SYNC_WAIT_S?");
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_DATABASE_PORT", "3307"),
	                       "AGENTIV_DATABASE_PORT (environment) is no setting of [database]");
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_WORKER_threads", "3"),
	                       "AGENTIV_WORKER_threads (environment) is no setting of [worker];"
	                       " did you mean AGENTIV_WORKER_THREADS?");
}

static void variables_of_others_are_left_alone(void)
{
	static const char *const names[] = {
		"AGENTIV_BASE_URL", "AGENTIV_API_KEY", "AGENTIV_WEBHOOK_SECRET", "AGENTIV_HTTP", "AGENTIV_HTTP_",
		"AGENTIV_WORKERS_THREADS",
	};
	unsigned i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		CU_ASSERT_STRING_EQUAL(refusal_of_variable(names[i], "x"), "accepted");
}

/* Given services agentiv-http, agentiv-worker-metrics, agentiv-database-primary and agentiv-http-port-9. */
static void what_kubernetes_says_of_a_service_is_no_setting(void)
{
	static const struct { const char *name, *value; } variables[] = {
		{"AGENTIV_HTTP_SERVICE_HOST", "10.0.0.11"}, {"AGENTIV_HTTP_SERVICE_PORT", "80"},
		{"AGENTIV_HTTP_PORT", "tcp://10.0.0.11:80"}, {"AGENTIV_HTTP_PORT_80_TCP_ADDR", "10.0.0.11"},
		{"AGENTIV_WORKER_METRICS_SERVICE_HOST", "10.0.0.12"}, {"AGENTIV_WORKER_METRICS_SERVICE_PORT", "9100"},
		{"AGENTIV_WORKER_METRICS_SERVICE_PORT_HTTP_METRICS", "9100"},
		{"AGENTIV_WORKER_METRICS_PORT", "udp://10.0.0.12:9100"},
		{"AGENTIV_WORKER_METRICS_PORT_9100_UDP", "udp://10.0.0.12:9100"},
		{"AGENTIV_DATABASE_PRIMARY_PORT_3306_TCP_PROTO", "tcp"},
		{"AGENTIV_DATABASE_PRIMARY_PORT_3306_SCTP_PORT", "3306"},
		{"AGENTIV_HTTP_PORT_9_PORT_80_TCP_PORT", "80"},
	};
	unsigned i;

	for (i = 0; i < sizeof variables / sizeof *variables; i++)
		CU_ASSERT_STRING_EQUAL(refusal_of_variable(variables[i].name, variables[i].value), "accepted");
}

static void what_kubernetes_would_not_say_is_refused(void)
{
	static const struct { const char *name, *value, *message; } variables[] = {
		{"AGENTIV_WORKER_METRICS_PORT", "9100",
		 "AGENTIV_WORKER_METRICS_PORT (environment) is no setting of [worker]"},
		{"AGENTIV_HTTP_PORT_NUMBER", "80", "AGENTIV_HTTP_PORT_NUMBER (environment) is no setting of [http]"},
		{"AGENTIV_HTTP_PORT_80_TCPS", "80", "AGENTIV_HTTP_PORT_80_TCPS (environment) is no setting of [http]"},
		{"AGENTIV_HTTP_SERVICE_HOSTS", "a,b", "AGENTIV_HTTP_SERVICE_HOSTS (environment) is no setting of [http]"},
	};
	unsigned i;

	for (i = 0; i < sizeof variables / sizeof *variables; i++)
		CU_ASSERT_STRING_EQUAL(refusal_of_variable(variables[i].name, variables[i].value), variables[i].message);
}

static void unknown_sections_and_settings_are_named_with_their_line(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("[log]\nlevel = info\n\n[wroker]\nthreads = 3\n"),
	                       "a.conf:5: there is no section [wroker]");
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\n# x\nthreds = 3\n"),
	                       "a.conf:3: there is no setting threds in [worker]; did you mean threads?");
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nsomething_else = 3\n"),
	                       "a.conf:2: there is no setting something_else in [worker]");
	CU_ASSERT_STRING_EQUAL(refusal("threads = 3\n"), "a.conf:1: there is no section []");
}

static void values_out_of_range_are_named_with_their_line(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads = 0\n"),
	                       "a.conf:2: [worker] threads must be 1 to 1024");
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads = 99999999999999999999\n"),
	                       "a.conf:2: [worker] threads must be a whole number, not"
	                       " \"99999999999999999999\"");
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads = 8x\n"),
	                       "a.conf:2: [worker] threads must be a whole number, not \"8x\"");
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads =\n"),
	                       "a.conf:2: [worker] threads must be a whole number, not \"\"");
	CU_ASSERT_STRING_EQUAL(refusal("[http]\nlisten_mode = 0888\n"),
	                       "a.conf:2: [http] listen_mode must be an octal number, not \"0888\"");
	CU_ASSERT_STRING_EQUAL(refusal("[http]\nlisten_mode = 1777\n"),
	                       "a.conf:2: [http] listen_mode must be 0000 to 0777");
	CU_ASSERT_STRING_EQUAL(refusal("[database]\ntls = maybe\n"),
	                       "a.conf:2: [database] tls must be yes or no, not \"maybe\"");
	CU_ASSERT_STRING_EQUAL(refusal("[log]\nlevel = loud\n"),
	                       "a.conf:2: [log] level must be one of debug, info, warn, error");
	CU_ASSERT_STRING_EQUAL(refusal("[http]\nbase_path = agentiv/\n"),
	                       "a.conf:2: [http] base_path must be empty or a path like /agentiv");
	CU_ASSERT_STRING_EQUAL(refusal("[webhooks]\nschedule_s = 5,,30\n"),
	                       "a.conf:2: [webhooks] schedule_s must be a list of seconds like 5,30,120");
	CU_ASSERT_STRING_EQUAL(refusal("[webhooks]\nschedule_s = 5,30,\n"),
	                       "a.conf:2: [webhooks] schedule_s must be a list of seconds like 5,30,120");
}

/* It is written into a cookie's attributes. */
static void a_base_path_fits_a_cookie(void)
{
	char path[300];
	int n;

	for (n = 200; n <= 201; n++) {
		snprintf(path, sizeof path, "/%0*d", n - 1, 0);
		CU_ASSERT_EQUAL(strcmp(refusal_of_variable("AGENTIV_HTTP_BASE_PATH", path), "accepted") == 0, n == 200);
	}
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_HTTP_BASE_PATH", "/a;Domain=example.org"),
	                       "AGENTIV_HTTP_BASE_PATH (environment) must be empty or a path like /agentiv");
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_HTTP_BASE_PATH", "/a\r\nX-Y: 1"),
	                       "AGENTIV_HTTP_BASE_PATH (environment) must be empty or a path like /agentiv");
}

static void settings_that_contradict_each_other_are_refused(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nretry_max_ms = 10\n"),
	                       "a.conf: [worker] retry_max_ms is smaller than retry_base_ms");
	CU_ASSERT_STRING_EQUAL(refusal("[webhooks]\ntimeout_s = 30\n"),
	                       "a.conf: [webhooks] lease_s must be larger than timeout_s");
	CU_ASSERT_STRING_EQUAL(refusal("[retention]\nexecutions_days = 20\n"),
	                       "a.conf: [retention] steps_days (30) is longer than executions_days (20)");
	CU_ASSERT_STRING_EQUAL(refusal("[retention]\ndeliveries_days = 0\n"),
	                       "a.conf: [retention] deliveries_days (0, for ever) is longer than executions_days (90)");
	CU_ASSERT_STRING_EQUAL(refusal("[retention]\nidempotency_hours = 2161\n"),
	                       "a.conf: [retention] idempotency_hours (2161) is longer than executions_days (90)");
	CU_ASSERT_STRING_EQUAL(refusal("[retention]\nexecutions_days = 0\nsteps_days = 0\n"), "accepted");
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_WORKER_RETRY_MAX_MS", "10"),
	                       "a.conf: [worker] retry_max_ms is smaller than retry_base_ms");
}

static void lines_that_are_no_settings_are_refused(void)
{
	char text[400];

	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads 3\n"),
	                       "a.conf:2: neither [section] nor setting = value");
	CU_ASSERT_STRING_EQUAL(refusal("[worker\nthreads = 3\n"),
	                       "a.conf:1: neither [section] nor setting = value");
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads = 3\nthreads = 4\n"),
	                       "a.conf:3: [worker] threads is set twice");
	snprintf(text, sizeof text, "[paths]\nrun_dir = /%0250d\n", 0);
	CU_ASSERT_STRING_EQUAL(refusal(text), "a.conf:2: the line is longer than 198 bytes");
}

static void the_first_mistake_is_the_one_that_is_told(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("[worker]\nthreads = x\nbogus = 1\n[none]\na = 1\n"),
	                       "a.conf:2: [worker] threads must be a whole number, not \"x\"");
}

static void a_missing_file_is_an_error_that_names_it(void)
{
	struct error err = {0};
	struct config c;

	CU_ASSERT_FALSE(config_load("/nonexistent/a.conf", &c, &err));
	CU_ASSERT_STRING_EQUAL(err.message, "/nonexistent/a.conf: No such file or directory");
	CU_ASSERT_FALSE(config_load("/", &c, &err));
}

static void the_file_is_found_by_the_environment(void)
{
	char path[2 * FX_PATH];
	struct config c;

	fx_file(dir, "b.conf", "[worker]\nthreads = 2\n", path);
	setenv("AGENTIV_CONFIG", path, 1);
	CU_ASSERT_TRUE_FATAL(config_load(NULL, &c, NULL));
	unsetenv("AGENTIV_CONFIG");
	CU_ASSERT_EQUAL(c.worker_threads, 2);
	config_release(&c);
}

static void a_password_file_wins_over_a_password(void)
{
	char path[2 * FX_PATH], text[512];
	struct config c;

	fx_file(dir, "password", "of the file\r\n", path);
	snprintf(text, sizeof text, "[database]\npassword = plain\npassword_file = %s\n", path);
	CU_ASSERT_TRUE_FATAL(load(text, &c, NULL));
	CU_ASSERT_STRING_EQUAL(c.db_password, "of the file");
	config_release(&c);
}

static void a_password_file_that_cannot_be_read_is_named(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("[database]\npassword_file = /nonexistent/x\n"),
	                       "database.password_file /nonexistent/x: No such file or directory");
}

static unsigned described, unexplained;

static void count_setting(const char *section, const char *name, const char *def, const char *help,
                          void *ctx)
{
	fprintf(ctx, "[%s]\n%s = %s\n", section, name, def);
	described++;
	unexplained += !*help;
}

static void the_described_defaults_are_a_valid_file(void)
{
	char path[2 * FX_PATH];
	struct config c;
	FILE *f;

	fx_file(dir, "sample.conf", "", path);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	described = unexplained = 0;
	config_describe(count_setting, f);
	fclose(f);
	CU_ASSERT_EQUAL(described, 55);
	CU_ASSERT_EQUAL(unexplained, 0);
	CU_ASSERT_TRUE_FATAL(config_load(path, &c, NULL));
	config_release(&c);
}

static void a_setting_is_still_known_by_its_older_name(void)
{
	struct config c;

	CU_ASSERT_TRUE_FATAL(load("[webhooks]\nallow_networks = 10.1.0.0/16\n", &c, NULL));
	CU_ASSERT_STRING_EQUAL(c.allow_networks, "10.1.0.0/16");
	config_release(&c);
	setenv("AGENTIV_WEBHOOKS_ALLOW_NETWORKS", "10.2.0.0/16", 1);
	CU_ASSERT_TRUE_FATAL(load("[outbound]\nallow_networks = 10.1.0.0/16\n", &c, NULL));
	unsetenv("AGENTIV_WEBHOOKS_ALLOW_NETWORKS");
	CU_ASSERT_STRING_EQUAL(c.allow_networks, "10.2.0.0/16");
	config_release(&c);
}

static void a_setting_is_not_given_by_both_its_names(void)
{
	CU_ASSERT_STRING_EQUAL(refusal("[outbound]\nallow_networks = 10.1.0.0/16\n[webhooks]\nallow_networks =\n"),
	                       "a.conf:4: [webhooks] allow_networks is set twice, as [outbound] allow_networks");
	setenv("AGENTIV_OUTBOUND_ALLOW_NETWORKS", "10.1.0.0/16", 1);
	CU_ASSERT_STRING_EQUAL(refusal_of_variable("AGENTIV_WEBHOOKS_ALLOW_NETWORKS", ""),
	                       "AGENTIV_WEBHOOKS_ALLOW_NETWORKS (environment) is no setting of [webhooks]");
	unsetenv("AGENTIV_OUTBOUND_ALLOW_NETWORKS");
}

static CU_TestInfo tests[] = {
	{"an empty file gives the defaults", an_empty_file_gives_the_defaults},
	{"a file sets values of every type", a_file_sets_values_of_every_type},
	{"the environment overrides the file", the_environment_overrides_the_file},
	{"a bad environment variable is named", a_bad_environment_variable_is_named},
	{"a variable that is no setting of its section is refused",
	 a_variable_that_is_no_setting_of_its_section_is_refused},
	{"variables of others are left alone", variables_of_others_are_left_alone},
	{"what Kubernetes says of a service is no setting", what_kubernetes_says_of_a_service_is_no_setting},
	{"what Kubernetes would not say is refused", what_kubernetes_would_not_say_is_refused},
	{"unknown sections and settings are named with their line",
	 unknown_sections_and_settings_are_named_with_their_line},
	{"values out of range are named with their line",
	 values_out_of_range_are_named_with_their_line},
	{"a base path fits a cookie", a_base_path_fits_a_cookie},
	{"settings that contradict each other are refused",
	 settings_that_contradict_each_other_are_refused},
	{"lines that are no settings are refused", lines_that_are_no_settings_are_refused},
	{"the first mistake is the one that is told", the_first_mistake_is_the_one_that_is_told},
	{"a missing file is an error that names it", a_missing_file_is_an_error_that_names_it},
	{"the file is found by the environment", the_file_is_found_by_the_environment},
	{"a password file wins over a password", a_password_file_wins_over_a_password},
	{"a password file that cannot be read is named",
	 a_password_file_that_cannot_be_read_is_named},
	{"a setting is still known by its older name", a_setting_is_still_known_by_its_older_name},
	{"a setting is not given by both its names", a_setting_is_not_given_by_both_its_names},
	{"the described defaults are a valid file", the_described_defaults_are_a_valid_file},
	CU_TEST_INFO_NULL};

CU_SuiteInfo config_suite = {"configuration", begin, end, NULL, NULL, tests};
