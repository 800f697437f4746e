/* Any bytes as a mail: taken apart, and sorted. What comes out must be clean text and fit the schema. */
#include <math.h>
#include <string.h>

#include "agents/email_triage_request.h"
#include "agents/email_triage_spam.h"
#include "agents/registry.h"
#include "base/json.h"
#include "fuzz.h"
#include "integrations/mail.h"

static const struct manifest *triage;

static bool go_on(void *data)
{
	return false;
}

static bool may_act(void *data, struct error *err)
{
	MUST(!"nothing outside may be changed for inline mails");
	return false;
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

/* Any mail and any bytes have odds, and the words that are named are clean. */
static void check_models(struct mail *m)
{
	const char *why = NULL;
	double p;

	MUST(isfinite(spam_logit(m, &m->arena, &why)));
	MUST(!why || json_utf8_valid(why, strlen(why)));
	request_sentence(m->text, m->text_len, &p);
	MUST(p >= 0 && p <= 1);
}

static void check_mail(const char *text, size_t n)
{
	struct mail m;
	unsigned i;

	mail_parse(&m, text, n, false);
	MUST(json_utf8_valid(m.text, m.text_len) && strlen(m.text) == m.text_len);
	MUST(json_utf8_valid(m.subject, strlen(m.subject)) && !strpbrk(m.subject, "\r\n"));
	MUST(json_utf8_valid(m.from.name, strlen(m.from.name)) && json_utf8_valid(m.from.addr, strlen(m.from.addr)));
	for (i = 0; i < m.attachment_count; i++)
		MUST(json_utf8_valid(m.attachments[i].name, strlen(m.attachments[i].name)));
	MUST(json_utf8_valid(mail_own_text(&m), strlen(mail_own_text(&m))));
	check_models(&m);
	mail_release(&m);
}

/* What is no UTF-8 cannot come as JSON; NUL neither. */
static void check_triage(const char *text, size_t n)
{
	static const struct agent_host host = {.stopped = go_on, .may_act = may_act, .connection = no_connection, .step = no_step,
	                                       .wait = no_wait};
	struct json_object *in = json_object_new_object(), *out = NULL;
	struct agent_ctx ctx = {.input = in, .timezone = "Asia/Kolkata", .now_ms = INT64_C(1772442000000),
	                        .attempt = 1, .host = &host};
	struct agent_result r = {.summary = ""};
	struct error err = {0};

	json_object_object_add(in, "mbox", json_object_new_string_len(text, (int)n));
	buf_init(&r.output, AGENT_OUTPUT_MAX);
	MUST(triage->run(&ctx, &r, &err));
	MUST(json_read(buf_str(&r.output), r.output.len, JSON_DEPTH_MAX, &out, NULL, NULL, &err));
	MUST(schema_check(triage->output, out, "output", &err));
	json_object_put(out);
	json_object_put(in);
	buf_release(&r.output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct registry *agents;
	struct error err;

	if (!agents) {
		agents = registry_load(AGENTS_SOURCE, NULL, &err);
		MUST(agents);
		triage = registry_find(agents, "email-triage");
	}
	check_mail((const char *)data, n);
	if (json_utf8_valid((const char *)data, n) && !memchr(data, 0, n))
		check_triage((const char *)data, n);
	return 0;
}
