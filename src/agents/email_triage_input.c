/* The input of a run: what the schema cannot check, and the defaults. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agents/email_triage.h"
#include "agents/email_triage_text.h"
#include "base/clock.h"
#include "base/json.h"

#define PATH "input_payload"

void triage_warn(struct triage *t, const char *code, const char *item, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	if (t->warning_count == TRIAGE_WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	t->warnings[t->warning_count++] = (struct warning){code, arena_strdup(&t->arena, text), item};
}

/* Strings of an array; what is no string is named. */
static bool take_strings(struct json_object *in, const char *key, const char **out, unsigned max, unsigned *count,
                         struct error *err)
{
	struct json_object *list = NULL;
	char field[64];
	size_t n, i;

	snprintf(field, sizeof field, PATH ".%s", key);
	if (!json_get_arr(in, PATH, key, &list, err))
		return false;
	n = list ? json_object_array_length(list) : 0;
	if (n > max)
		return err_field(err, field, "%s holds more than %u entries", field, max);
	for (i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(list, i);

		if (!json_object_is_type(v, json_type_string))
			return err_field(err, field, "%s must hold strings", field);
		out[(*count)++] = json_object_get_string(v);
	}
	return true;
}

static bool take_archive_categories(struct triage *t, struct error *err)
{
	static const char *const usual[] = {"newsletter", "promotion", "notification", "spam"};
	const char *names[TRIAGE_CATEGORY__MAX];
	struct json_object *given = NULL;
	unsigned n = 0, i;

	json_object_object_get_ex(t->ctx->input, "archive_categories", &given);
	if (!given)
		for (n = 0; n < 4; n++)
			names[n] = usual[n];
	else if (!take_strings(t->ctx->input, "archive_categories", names, TRIAGE_CATEGORY__MAX, &n, err))
		return false;
	for (i = 0; i < n; i++) {
		enum triage_category c = triage_category_by_name(names[i]);

		if (c != TRIAGE_NEWSLETTER && c != TRIAGE_PROMOTION && c != TRIAGE_NOTIFICATION && c != TRIAGE_SPAM)
			return err_field(err, PATH ".archive_categories",
			                 "\"%.40s\" cannot be archived by category: newsletter, promotion, notification, spam", names[i]);
		t->opt.archive_categories |= 1u << c;
	}
	return true;
}

static bool take_vips(struct triage *t, struct error *err)
{
	unsigned i;

	if (!take_strings(t->ctx->input, "vip_senders", t->opt.vips, TRIAGE_VIPS_MAX, &t->opt.vip_count, err))
		return false;
	for (i = 0; i < t->opt.vip_count; i++) {
		const char *open, *close;

		/* "Ann <ann@example.org>" is Ann's address. This is read while a request waits, so no mail
		 * library takes part. */
		t->opt.vips[i] = text_lower(&t->arena, t->opt.vips[i]);
		open = strrchr(t->opt.vips[i], '<');
		close = open ? strchr(open, '>') : NULL;
		if (strncmp(t->opt.vips[i], "*@", 2) == 0)
			t->opt.vips[i]++;
		else if (close)
			t->opt.vips[i] = arena_strndup(&t->arena, open + 1, (size_t)(close - open - 1));
		else if (!strchr(t->opt.vips[i], '@') && strchr(t->opt.vips[i], '.') && !strchr(t->opt.vips[i], ' '))
			t->opt.vips[i] = arena_printf(&t->arena, "@%s", t->opt.vips[i]);
		if (!strchr(t->opt.vips[i], '@'))
			return err_field(err, arena_printf(&t->arena, PATH ".vip_senders[%u]", i),
			                 "\"%.80s\" is no address: write ann@example.org or @example.org", t->opt.vips[i]);
	}
	return true;
}

static bool take_apply(struct triage *t, struct error *err)
{
	struct json_object *apply = NULL;
	struct triage_options *o = &t->opt;

	o->apply_archive = o->apply_label = true;
	if (!json_get_obj(t->ctx->input, PATH, "apply", &apply, err))
		return false;
	o->asked_label = apply && json_object_object_get_ex(apply, "label", NULL);
	return !apply || (json_get_bool(apply, PATH ".apply", "archive", &o->apply_archive, err) &&
	                  json_get_bool(apply, PATH ".apply", "label", &o->apply_label, err) &&
	                  json_get_bool(apply, PATH ".apply", "star_urgent", &o->apply_star, err) &&
	                  json_get_bool(apply, PATH ".apply", "draft_replies", &o->apply_drafts, err));
}

static bool take_clock(struct triage *t, struct error *err)
{
	const char *zone = NULL, *reference = NULL;
	struct error why;

	t->opt.reference_ms = t->ctx->now_ms;
	if (!json_get_str(t->ctx->input, PATH, "timezone", &zone, err) ||
	    !json_get_str(t->ctx->input, PATH, "reference_time", &reference, err))
		return false;
	if (reference && !clock_parse(reference, &t->opt.reference_ms))
		return err_field(err, PATH ".reference_time", "reference_time must be an RFC 3339 time");
	t->opt.timezone = zone ? zone : t->ctx->timezone;
	t->opt.zone = zone_load(t->opt.timezone, &why);
	if (!t->opt.zone && zone)
		return err_field(err, PATH ".timezone", "%s", why.message);
	if (!t->opt.zone) {
		triage_warn(t, "UNKNOWN_TIMEZONE", NULL, "The account's time zone \"%.64s\" is not known: UTC was used",
		            t->opt.timezone);
		t->opt.timezone = "UTC";
		t->opt.zone = zone_load("UTC", err);
	}
	return t->opt.zone != NULL;
}

static bool take_engine(struct triage *t, struct error *err)
{
	const char *engine = NULL, *language = NULL;

	if (!json_get_str(t->ctx->input, PATH, "engine", &engine, err) ||
	    !json_get_str(t->ctx->input, PATH, "language", &language, err))
		return false;
	if (engine && strcmp(engine, "llm") == 0)
		triage_warn(t, "MODEL_NOT_CONFIGURED", NULL,
		            "No language model is configured here: the builtin engine decided alone");
	if (language && strncmp(language, "en", 2) != 0)
		triage_warn(t, "LANGUAGE_NOT_AVAILABLE", NULL, "Reasons and the summary are in English");
	return true;
}

static bool take_rules(struct triage *t, struct error *err)
{
	const char *texts[RULES_MAX];
	unsigned n = 0;

	if (!take_strings(t->ctx->input, "rules", texts, RULES_MAX, &n, err))
		return false;
	t->rules = rules_compile(texts, n);
	return true;
}

bool triage_read_options(struct triage *t, struct error *err)
{
	struct json_object *in = t->ctx->input;
	struct triage_options *o = &t->opt;

	o->max_emails = 20;
	o->query = "in:inbox newer_than:7d";
	o->inline_data = json_object_object_get_ex(in, "emails", NULL) || json_object_object_get_ex(in, "mbox", NULL);
	return json_get_int(in, PATH, "max_emails", 1, TRIAGE_EMAILS_MAX, &o->max_emails, err) &&
	       json_get_str(in, PATH, "query", &o->query, err) &&
	       json_get_bool(in, PATH, "dry_run", &o->dry_run, err) && take_apply(t, err) &&
	       take_archive_categories(t, err) && take_vips(t, err) && take_clock(t, err) && take_engine(t, err) &&
	       triage_check_ids(t, err) && take_rules(t, err);
}

void triage_release_options(struct triage *t)
{
	rules_free(t->rules);
	zone_free(t->opt.zone);
}
