/* quality_judge mails: what the agent makes of each mail, alone in its inbox. Reads names of files, writes for each a
 *   line of JSON: {"file", "category", "spam", "logit", "sums", "reasons", "facts"}.
 * quality_judge sentences: does each sentence ask for something? Reads sentences, writes "yes|no<TAB>PROBABILITY".
 * quality_judge run: runs the agent on its input (JSON on standard input), writes its output.
 * quality_judge speed ROUNDS: reads names of files; mails in a second, decoded by GMime alone, and parsed and judged. */
#include <errno.h>
#include <gmime/gmime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/email_triage.h"
#include "agents/email_triage_request.h"
#include "agents/registry.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define FILE_MAX  (4u << 20)
#define INPUT_MAX (16u << 20)

static void stop(const char *what, const char *which)
{
	fprintf(stderr, "quality_judge: %s: %s\n", which, what);
	exit(1);
}

static char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *text = mem_alloc(FILE_MAX), *kept;

	*n = f ? fread(text, 1, FILE_MAX, f) : 0;
	if (!f || *n == 0)
		stop(strerror(errno), path);
	fclose(f);
	kept = mem_strndup(text, *n);
	mem_free(text);
	return kept;
}

/* ---- One mail as a run sees it ---- */

static bool go_on(void *data)
{
	return false;
}

static bool may_act(void *data, struct error *err)
{
	return err_set(err, ERR_EXECUTION_FAILED, "nothing is changed here");
}

static bool no_connection(void *data, const char *integration, struct agent_connection *out, struct error *err)
{
	return err_set(err, ERR_INTEGRATION_NOT_CONNECTED, "none");
}

static void no_step(void *data, const char *kind, const char *name, const char *detail, int64_t tokens, int64_t ms)
{
}

static bool no_wait(void *data, int64_t ms)
{
	return true;
}

static const struct agent_host host = {.stopped = go_on, .may_act = may_act, .connection = no_connection,
                                       .step = no_step, .wait = no_wait};

static struct triage *open_run(struct agent_ctx *ctx)
{
	struct triage *t = mem_zalloc(sizeof *t);
	struct error err;

	t->ctx = ctx;
	arena_init(&t->arena);
	if (!triage_read_options(t, &err))
		stop(err.message, "options");
	t->items = mem_array(TRIAGE_EMAILS_MAX, sizeof *t->items);
	return t;
}

static void close_run(struct triage *t)
{
	unsigned i;

	for (i = 0; i < t->count; i++)
		mail_release(&t->items[i].mail);
	mem_free(t->items);
	triage_release_options(t);
	arena_release(&t->arena);
	mem_free(t);
}

/* Reads and decides one mail; the run is as long ago as the mail. */
static struct item *judge(struct triage *t, const char *text, size_t n)
{
	struct item *it = &t->items[0];

	memset(it, 0, sizeof *it);
	mail_parse(&it->mail, text, n, false);
	it->id = "mail";
	t->count = 1;
	triage_finish_item(t, it);
	t->opt.reference_ms = it->received_ms;
	t->me = triage_own_address(t);
	triage_decide(t);
	return it;
}

static void print_judgement(const char *path, const struct item *it)
{
	struct json_object *o = json_object_new_object(), *reasons = json_object_new_array(),
	                   *sums = json_object_new_array(), *facts = json_object_new_array();
	unsigned i;

	for (i = 0; i < it->reason_count; i++)
		json_object_array_add(reasons, json_object_new_string(it->reasons[i]));
	for (i = 0; i < SUM__MAX; i++)
		json_object_array_add(sums, json_object_new_double(it->facts.sum[i]));
	for (i = 0; i < FACT__MAX; i++)
		if (it->facts.has[i])
			json_object_array_add(facts, json_object_new_int((int)i));
	json_object_object_add(o, "file", json_object_new_string(path));
	json_object_object_add(o, "category", json_object_new_string(triage_category_name(it->category)));
	json_object_object_add(o, "urgent", json_object_new_boolean(it->urgent));
	json_object_object_add(o, "archive", json_object_new_boolean(it->archive));
	json_object_object_add(o, "logit", json_object_new_double(it->facts.spam_logit));
	json_object_object_add(o, "subject", json_object_new_string(it->mail.subject));
	json_object_object_add(o, "reasons", reasons);
	json_object_object_add(o, "sums", sums);
	json_object_object_add(o, "facts", facts);
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void judge_mails(struct agent_ctx *ctx)
{
	static char path[4096];

	while (fgets(path, sizeof path, stdin)) {
		struct triage *t = open_run(ctx);
		char *text;
		size_t n;

		path[strcspn(path, "\n")] = '\0';
		text = read_file(path, &n);
		print_judgement(path, judge(t, text, n));
		mem_free(text);
		close_run(t);
	}
}

static void judge_sentences(void)
{
	static char line[65536];

	while (fgets(line, sizeof line, stdin)) {
		double p;
		bool asks;

		line[strcspn(line, "\n")] = '\0';
		asks = request_sentence(line, strlen(line), &p);
		printf("%s\t%.4f\n", asks ? "yes" : "no", p);
	}
}

/* ---- The agent as it is ---- */

static void run_agent(void)
{
	struct buf in;
	struct registry *agents;
	const struct manifest *m;
	struct json_object *input = NULL;
	struct agent_result r = {.summary = ""};
	struct agent_ctx ctx = {.timezone = "UTC", .now_ms = clock_now_ms(), .attempt = 1, .host = &host};
	struct error err = {0};
	char chunk[65536];
	size_t n;

	buf_init(&in, INPUT_MAX);
	while ((n = fread(chunk, 1, sizeof chunk, stdin)) > 0)
		buf_add(&in, chunk, n);
	agents = registry_load(AGENTS_SOURCE, NULL, &err);
	m = agents ? registry_find(agents, "email-triage") : NULL;
	if (!m || !json_read(buf_str(&in), in.len, JSON_DEPTH_MAX, &input, NULL, NULL, &err) ||
	    !schema_check(m->input, input, "input_payload", &err))
		stop(err.message, "input");
	ctx.input = input;
	ctx.deadline_ms = ctx.now_ms + 60000;
	buf_init(&r.output, m->output_max);
	if (!m->run(&ctx, &r, &err))
		stop(err.message, "run");
	puts(buf_str(&r.output));
	buf_release(&r.output);
	buf_release(&in);
	json_object_put(input);
	registry_free(agents);
}

/* ---- Speed ---- */

struct sample { char *text; size_t n; };

static void decode(GMimeObject *o)
{
	int i;

	if (GMIME_IS_MULTIPART(o)) {
		for (i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(o)); i++)
			decode(g_mime_multipart_get_part(GMIME_MULTIPART(o), i));
	} else if (GMIME_IS_PART(o) && g_mime_part_get_content(GMIME_PART(o))) {
		GMimeStream *s = g_mime_stream_mem_new();

		g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(o)), s);
		g_object_unref(s);
	}
}

/* Takes a mail apart and decodes its parts: what there is to do at least. */
static void decode_alone(const struct sample *s)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(s->text, s->n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	if (!m)
		return;
	if (g_mime_message_get_mime_part(m))
		decode(g_mime_message_get_mime_part(m));
	g_object_unref(m);
}

static void measure_speed(struct agent_ctx *ctx, unsigned rounds)
{
	struct sample *all = NULL;
	unsigned count = 0, i, round;
	static char path[4096];

	while (fgets(path, sizeof path, stdin)) {
		path[strcspn(path, "\n")] = '\0';
		all = mem_grow(all, (count + 1) * sizeof *all);
		all[count].text = read_file(path, &all[count].n);
		count++;
	}
	g_mime_init();
	for (round = 0; round < rounds; round++) {
		struct triage *t = open_run(ctx);
		int64_t start = clock_mono_us(), middle, parsed = 0;

		for (i = 0; i < count; i++)
			decode_alone(&all[i]);
		middle = clock_mono_us();
		for (i = 0; i < count; i++) {
			judge(t, all[i].text, all[i].n);
			mail_release(&t->items[0].mail);
			t->count = 0;
			arena_reset(&t->arena);
			t->warning_count = 0;
		}
		parsed = clock_mono_us();
		printf("{\"mails\":%u,\"decode_per_s\":%.0f,\"judge_per_s\":%.0f}\n", count, count * 1e6 / (double)(middle - start),
		       count * 1e6 / (double)(parsed - middle));
		fflush(stdout);
		close_run(t);
	}
	for (i = 0; i < count; i++)
		mem_free(all[i].text);
	mem_free(all);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct json_object *input = json_object_new_object();
	struct agent_ctx ctx = {.input = input, .timezone = "UTC", .now_ms = clock_now_ms(), .attempt = 1, .host = &host};

	json_object_object_add(input, "mbox", json_object_new_string(""));
	if (strcmp(what, "mails") == 0)
		judge_mails(&ctx);
	else if (strcmp(what, "sentences") == 0)
		judge_sentences();
	else if (strcmp(what, "run") == 0)
		run_agent();
	else if (strcmp(what, "speed") == 0)
		measure_speed(&ctx, argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 3);
	else
		stop("mails, sentences, run or speed", what);
	json_object_put(input);
	return 0;
}
