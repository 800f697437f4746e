#include "agents_fixture.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

struct fx_host fx_host;
static struct registry *agents;
static struct json_object *settings;

/* ---- The host ---- */

void fx_host_reset(void)
{
	memset(&fx_host, 0, sizeof fx_host);
	fx_host.connected = true;
	fx_host.attempt = fx_host.run = 1;
	fx_host.remembered_ms = FX_NOW;
	snprintf(fx_host.kind, sizeof fx_host.kind, "maildir");
	fx_ledger_reset();
}

void fx_next_run(void)
{
	fx_host.run++;
	fx_ledger_age();
	fx_host.attempt = 1;
	fx_host.acts = fx_host.stop_after_acts = fx_host.ledger_calls = fx_host.fail_ledger_call = 0;
	fx_host.stopped = false;
}

static bool host_stopped(void *data)
{
	return fx_host.stopped;
}

static bool host_may_act(void *data, struct error *err)
{
	if (fx_host.refuse)
		return err_set(err, ERR_WORKER_LOST, "The lease is lost");
	fx_host.acts++;
	if (fx_host.acts == fx_host.stop_after_acts)
		fx_host.stopped = true;
	return true;
}

static bool host_connection(void *data, const char *integration, struct agent_connection *out, struct error *err)
{
	if (!fx_host.connected)
		return err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "Not connected: %s", integration);
	json_object_put(settings);
	settings = json_object_new_object();
	json_object_object_add(settings, "path", json_object_new_string(fx_host.path));
	if (fx_host.address)
		json_object_object_add(settings, "address", json_object_new_string(fx_host.address));
	snprintf(out->kind, sizeof out->kind, "%s", fx_host.kind);
	snprintf(out->id, sizeof out->id, "con_%u", fx_host.place);
	out->settings = settings;
	return true;
}

static void host_step(void *data, const char *kind, const char *name, const char *detail, int64_t tokens,
                      int64_t duration_ms)
{
	struct json_object *parsed = NULL;

	/* what is logged is JSON */
	if (detail)
		CU_ASSERT_TRUE(json_read(detail, strlen(detail), 8, &parsed, NULL, NULL, NULL));
	json_object_put(parsed);
	snprintf(fx_host.step_names[fx_host.steps % 64], sizeof fx_host.step_names[0], "%s", name);
	fx_host.steps++;
}

static bool host_wait(void *data, int64_t ms)
{
	fx_host.waited_ms += ms;
	return !fx_host.stopped;
}

static bool host_reserve_tokens(void *data, int64_t tokens, struct error *err)
{
	CU_ASSERT_FALSE(fx_host.calling);
	if (fx_host.refuse_tokens > 0 && tokens > fx_host.refuse_tokens)
		return err_set(err, ERR_RATE_LIMITED, "The budget is used up");
	fx_host.calling = true;
	fx_host.reserved += tokens;
	return true;
}

static bool host_settle_tokens(void *data, int64_t used, struct error *err)
{
	CU_ASSERT_TRUE(fx_host.calling);
	fx_host.calling = false;
	fx_host.tokens += used;
	return true;
}

static const struct agent_host host = {
	.stopped = host_stopped, .may_act = host_may_act, .connection = host_connection, .step = host_step,
	.wait = host_wait, .resume = fx_resume, .plan = fx_plan, .look = fx_look, .settle = fx_settle,
	.recall = fx_recall, .reserve_tokens = host_reserve_tokens, .settle_tokens = host_settle_tokens,
};

/* ---- Runs ---- */

static void free_agents(void)
{
	registry_free(agents);
	json_object_put(settings);
}

const struct manifest *fx_manifest(const char *slug)
{
	struct error err;

	if (!agents) {
		agents = registry_load(AGENTS_SOURCE, AGENTS_EXAMPLES, &err);
		if (!agents)
			fprintf(stderr, "%s\n", err.message);
		CU_ASSERT_PTR_NOT_NULL_FATAL(agents);
		atexit(free_agents);
	}
	return registry_find(agents, slug);
}

static struct json_object *checked(const struct manifest *m, struct agent_result *r)
{
	struct json_object *out = NULL;
	struct error err;

	if (!json_read(buf_str(&r->output), r->output.len, JSON_DEPTH_MAX, &out, NULL, NULL, &err) ||
	    !schema_check(m->output, out, "output", &err)) {
		fprintf(stderr, "%s\n", err.message);
		CU_FAIL("the output does not fit its schema");
	}
	CU_ASSERT_TRUE(json_utf8_valid(r->summary, strlen(r->summary)));
	snprintf(fx_host.summary, sizeof fx_host.summary, "%s", r->summary);
	return out;
}

struct json_object *fx_run_object(const char *slug, struct json_object *input)
{
	const struct manifest *m = fx_manifest(slug);
	struct agent_ctx ctx = {.input = input, .timezone = "Asia/Kolkata", .now_ms = FX_NOW,
	                        .deadline_ms = FX_NOW + 60000, .attempt = fx_host.attempt, .host = &host};
	struct agent_result r = {.summary = ""};
	struct json_object *out = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	ctx.settings = m->settings;
	memset(&fx_host.error, 0, sizeof fx_host.error);
	if (!schema_check(m->input, input, "input_payload", &fx_host.error)) {
		fprintf(stderr, "%s\n", fx_host.error.message);
		CU_FAIL_FATAL("the input does not fit its schema");
	}
	buf_init(&r.output, m->output_max);
	if (m->run(&ctx, &r, &fx_host.error) && !r.output.failed)
		out = checked(m, &r);
	buf_release(&r.output);
	return out;
}

struct json_object *fx_run(const char *slug, const char *input)
{
	struct json_object *in = NULL, *out;
	struct error err = {0};

	if (!json_read(input, strlen(input), JSON_DEPTH_MAX, &in, NULL, NULL, &err))
		fprintf(stderr, "%s\n", err.message);
	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	out = fx_run_object(slug, in);
	json_object_put(in);
	return out;
}

/* ---- Members ---- */

struct json_object *fx_get(struct json_object *o, const char *path)
{
	char part[64];

	while (*path) {
		size_t n = strcspn(path, ".");

		snprintf(part, sizeof part, "%.*s", (int)n, path);
		if (json_object_is_type(o, json_type_array))
			o = json_object_array_get_idx(o, strtoul(part, NULL, 10));
		else if (!json_object_object_get_ex(o, part, &o))
			CU_FAIL_FATAL("no such member");
		path += n;
		path += *path == '.';
	}
	return o;
}

const char *fx_text(struct json_object *o, const char *path)
{
	struct json_object *v = fx_get(o, path);

	return v ? json_object_get_string(v) : "null";
}

int64_t fx_int(struct json_object *o, const char *path)
{
	return json_object_get_int64(fx_get(o, path));
}

size_t fx_length(struct json_object *o, const char *path)
{
	return json_object_array_length(fx_get(o, path));
}

struct json_object *fx_mail(struct json_object *output, const char *id)
{
	struct json_object *all = fx_get(output, "triaged");
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++)
		if (strstr(fx_text(json_object_array_get_idx(all, i), "id"), id))
			return json_object_array_get_idx(all, i);
	fprintf(stderr, "no mail %s\n", id);
	CU_FAIL_FATAL("no such mail in the output");
	return NULL;
}

unsigned fx_effects_with(struct json_object *out, const char *status)
{
	struct json_object *all = fx_get(out, "effects");
	unsigned n = 0;
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++)
		n += strcmp(fx_text(json_object_array_get_idx(all, i), "status"), status) == 0;
	return n;
}

const char *fx_reason(struct json_object *mail, const char *words)
{
	struct json_object *all = fx_get(mail, "reasons");
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++) {
		const char *reason = json_object_get_string(json_object_array_get_idx(all, i));

		if (strstr(reason, words))
			return reason;
	}
	return NULL;
}

bool fx_warned(struct json_object *output, const char *code)
{
	struct json_object *all = fx_get(output, "warnings");
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++)
		if (strcmp(fx_text(json_object_array_get_idx(all, i), "code"), code) == 0)
			return true;
	return false;
}

void fx_parse(struct mail *m, const char *raw)
{
	mail_parse(m, raw, strlen(raw), false);
}

/* ---- Folders ---- */

void fx_folder(char path[FX_PATH])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(path, FX_PATH, "%s/agentiv-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

void fx_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make(const char *dir, const char *name)
{
	char path[2 * FX_PATH];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
}

void fx_maildir(char path[FX_PATH])
{
	fx_folder(path);
	make(path, "cur");
	make(path, "new");
	make(path, "tmp");
}

void fx_write(const char *dir, const char *name, const char *text, size_t n)
{
	char path[3 * FX_PATH];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL_FATAL(fwrite(text, 1, n, f), n);
	fclose(f);
}

void fx_deliver(const char *maildir, const char *sub_and_name, const char *text)
{
	fx_write(maildir, sub_and_name, text, strlen(text));
}

void fx_sent(const char *maildir, const char *text)
{
	make(maildir, ".Sent");
	make(maildir, ".Sent/cur");
	make(maildir, ".Sent/new");
	make(maildir, ".Sent/tmp");
	fx_deliver(maildir, ".Sent/cur/1772430000.s1.host:2,S", text);
}

bool fx_exists(const char *dir, const char *name)
{
	char path[3 * FX_PATH];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return lstat(path, &st) == 0;
}

unsigned fx_count(const char *dir, const char *sub)
{
	char path[2 * FX_PATH];
	struct dirent *e;
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof path, "%s/%s", dir, sub);
	d = opendir(path);
	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

void fx_samples(char path[FX_PATH])
{
	char command[1024];

	fx_host_reset();
	fx_folder(path);
	snprintf(command, sizeof command, "SAMPLE_NOW=%lld '%s/make-maildir' '%s' >/dev/null", (long long)FX_NOW / 1000,
	         SAMPLE_MAIL, path);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	snprintf(fx_host.path, sizeof fx_host.path, "%s", path);
}
