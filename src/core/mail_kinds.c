/* What each kind of notification says, and the fields that it is filled with. */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/mail_priv.h"

#define TEXT_MAX 400     /* bytes of a field */

const struct mail_kind mail_kinds[NOTE__MAX] = {
	[NOTE_RUN_SUCCESS] = {
		.subject = "{agent} finished[: {summary}]", .one = "1 run finished", .many = "runs finished",
		.group = "Runs that finished", .line = "{agent}[: {summary}]",
		.facts = {{"Result", "{summary}"}, {"Took", "{duration}"}, {"Finished", "{at}"}, {"Run", "{execution_id}"}}},
	[NOTE_RUN_FAILED] = {
		.subject = "{agent} failed[: {error_message}]", .one = "1 run failed", .many = "runs failed",
		.group = "Runs that failed", .line = "{agent}[: {error_message}][ ({execution_id})]",
		.facts = {{"Error", "{error_message}"}, {"Code", "{error_code}"}, {"Took", "{duration}"}, {"Failed", "{at}"},
		          {"Run", "{execution_id}"}}},
	[NOTE_ENDPOINT_DISABLED] = {
		.subject = "A webhook endpoint is disabled[: {url}]", .one = "1 endpoint disabled", .many = "endpoints disabled",
		.group = "Webhook endpoints that were disabled", .line = "{url}[: {stopped}][ ({endpoint_id})]",
		.advice = "Mend the receiver, then enable the endpoint again. What has failed meanwhile can be replayed.",
		.group_advice = "Mend their receivers, then enable the endpoints again. What has failed meanwhile can be replayed.",
		.facts = {{"Endpoint", "{url}"}, {"Description", "{description}"}, {"Reason", "{stopped}"}, {"Disabled", "{at}"},
		          {"Id", "{endpoint_id}"}}},
	[NOTE_INTEGRATION_DISCONNECTED] = {
		.subject = "{integration} is disconnected", .one = "1 integration disconnected", .many = "integrations disconnected",
		.group = "Integrations that were disconnected", .line = "{integration}[: {reason}]",
		.advice = "Connect {integration} again: agents that need it cannot run.",
		.group_advice = "Connect them again: agents that need them cannot run.",
		.facts = {{"Reason", "{reason}"}, {"Since", "{at}"}}},
	[NOTE_TRIAL_ENDING] = {
		.subject = "Your trial[ of {agent}] ends on {trial_ends_at}", .one = "1 trial ends", .many = "trials end",
		.group = "Trials that end", .line = "[{agent} ends on ]{trial_ends_at}",
		.advice = "Subscribe to keep it: runs are refused when the trial is over.",
		.group_advice = "Subscribe to keep what you use: runs are refused when a trial is over.",
		.facts = {{"Agent", "{agent}"}, {"Ends", "{trial_ends_at}"}}},
	[NOTE_QUOTA_80] = {
		.subject = "80 % of the runs of {month} are used", .one = "80 % of runs used", .many = "times 80 % of runs used",
		.group = "Quota", .line = "{used} of {limit} runs of {month} are used. {overage}", .advice = "{overage}",
		.facts = {{"Used", "{used} of {limit} runs"}, {"Month", "{month}"}}},
	[NOTE_QUOTA_100] = {
		.subject = "All runs of {month} are used", .one = "all runs used", .many = "times all runs used",
		.group = "Quota used up", .line = "{used} of {limit} runs of {month} are used. {overage}", .advice = "{overage}",
		.facts = {{"Used", "{used} of {limit} runs"}, {"Month", "{month}"}}},
	[NOTE_SCHEDULE_PAUSED] = {
		.subject = "The schedule of {agent} is paused", .one = "1 schedule paused", .many = "schedules paused",
		.group = "Schedules that were paused", .line = "{agent}[: {failures} failures in a row]",
		.advice = "Look at why its last runs failed, then resume the schedule.",
		.group_advice = "Look at why their last runs failed, then resume the schedules.",
		.facts = {{"Reason", "{failures} failures in a row"}, {"Paused", "{at}"}}},
};

const enum notification mail_order[NOTE__MAX] = {
	NOTE_INTEGRATION_DISCONNECTED, NOTE_ENDPOINT_DISABLED, NOTE_SCHEDULE_PAUSED, NOTE_QUOTA_100, NOTE_QUOTA_80,
	NOTE_TRIAL_ENDING, NOTE_RUN_FAILED, NOTE_RUN_SUCCESS};

/* ---- fields: member is the payload's ---- */

static const char *text_of(const struct mail_note *n, const char *member)
{
	const char *text = NULL;
	struct error err;

	return n->payload && json_get_str(n->payload, "", member, &text, &err) && text ? text : "";
}

static int64_t number_of(const struct mail_note *n, const char *member)
{
	int64_t number = -1;
	struct error err;

	return n->payload && json_get_int(n->payload, "", member, 0, INT64_MAX, &number, &err) ? number : -1;
}

static void put_text(struct buf *out, const struct mail_note *n, const char *member)
{
	mail_clean(out, text_of(n, member), TEXT_MAX);
}

static void put_number(struct buf *out, const struct mail_note *n, const char *member)
{
	int64_t number = number_of(n, member);

	if (number >= 0)
		buf_add_int(out, number);
}

/* "email-triage" is Email triage. */
static void put_title(struct buf *out, const struct mail_note *n, const char *member)
{
	size_t from = out->len, i;

	put_text(out, n, member);
	for (i = from; i < out->len; i++)
		if (out->data[i] == '-')
			out->data[i] = ' ';
	if (out->len > from)
		out->data[from] = (char)toupper((unsigned char)out->data[from]);
}

static void put_duration(struct buf *out, const struct mail_note *n, const char *member)
{
	int64_t ms = number_of(n, member), s = (ms + 500) / 1000;

	if (ms < 0)
		return;
	if (ms < 10000)
		buf_addf(out, "%.1f s", (double)ms / 1000);
	else if (s < 120)
		buf_addf(out, "%d s", (int)s);
	else
		buf_addf(out, "%lld min", (long long)((s + 30) / 60));
}

static void put_instant(struct buf *out, const struct mail_note *n, const char *member)
{
	int64_t ms;

	if (clock_parse(text_of(n, member), &ms))
		mail_put_time(out, n->zone, ms);
}

static void put_at(struct buf *out, const struct mail_note *n, const char *member)
{
	mail_put_time(out, n->zone, n->row->at);
}

static void put_month(struct buf *out, const struct mail_note *n, const char *member)
{
	mail_put_month(out, text_of(n, member));
}

static void put_stopped(struct buf *out, const struct mail_note *n, const char *member)
{
	static const struct { const char *reason, *words; } reasons[] = {
		{"gone", "It answered 410 Gone"}, {"failing", "Nothing but failures for five days"}};
	const char *reason = text_of(n, member);
	unsigned i;

	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(reasons[i].reason, reason) == 0)
			reason = reasons[i].words;
	mail_clean(out, reason, TEXT_MAX);
}

static void put_overage(struct buf *out, const struct mail_note *n, const char *member)
{
	static const char *const words[2][2] = {
		{"When all are used, no more are accepted until the next month.", "Runs beyond them are accepted and counted as overage."},
		{"No more are accepted until the next month.", "Further runs are accepted and counted as overage."}};
	bool overage = false;
	struct error err;

	if (n->payload)
		json_get_bool(n->payload, "", member, &overage, &err);
	buf_adds(out, words[n->row->kind == NOTE_QUOTA_100][overage]);
}

static const struct {
	const char *name, *member;
	void (*put)(struct buf *out, const struct mail_note *n, const char *member);
} fields[] = {
	{"agent", "agent_slug", put_title}, {"integration", "integration", put_title}, {"summary", "summary", put_text},
	{"error_message", "error_message", put_text}, {"error_code", "error_code", put_text},
	{"execution_id", "execution_id", put_text}, {"endpoint_id", "endpoint_id", put_text}, {"url", "url", put_text},
	{"description", "description", put_text}, {"reason", "reason", put_text}, {"stopped", "reason", put_stopped},
	{"duration", "duration_ms", put_duration}, {"trial_ends_at", "trial_ends_at", put_instant}, {"at", NULL, put_at},
	{"used", "used", put_number}, {"limit", "limit", put_number}, {"failures", "failures", put_number},
	{"month", "month", put_month}, {"overage", "overage", put_overage}};

static bool put_field(struct buf *out, const char *name, size_t len, const struct mail_note *note)
{
	size_t from = out->len;
	unsigned i;

	for (i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0) {
			fields[i].put(out, note, fields[i].member);
			return out->len > from;
		}
	INVARIANT(false, "a template has an unknown field");
	return false;
}

/* Up to end, the closing bracket or the NUL. */
static bool expand(struct buf *out, const char *at, const char *end, const struct mail_note *note)
{
	bool whole = true;

	while (at < end) {
		const char *close = *at == '{' ? strchr(at, '}') : *at == '[' ? strchr(at, ']') : NULL;
		size_t from = out->len;

		if (!close) {
			buf_addc(out, *at++);
			continue;
		}
		if (*at == '{')
			whole &= put_field(out, at + 1, (size_t)(close - at - 1), note);
		else if (!expand(out, at + 1, close, note))
			out->len = from;
		at = close + 1;
	}
	return whole;
}

bool mail_expand(struct buf *out, const char *template, const struct mail_note *note)
{
	bool whole = expand(out, template, template + strlen(template), note);

	if (out->data)
		out->data[out->len] = '\0';
	return whole;
}
