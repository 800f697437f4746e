/* What a server answered, for people: tables and facts by lists of members, values indented; and as JSON. */
#include "ctl/caller.h"

#include <stdio.h>
#include <string.h>

#define INDENTED_MAX (256u << 20)

static struct json_object *find(struct json_object *o, const char *path)
{
	const char *dot = strchr(path, '.');
	struct json_object *found = NULL;
	char first[64];

	if (!json_object_is_type(o, json_type_object))
		return NULL;
	if (!dot) {
		json_object_object_get_ex(o, path, &found);
		return found;
	}
	if ((size_t)(dot - path) >= sizeof first)
		return NULL;
	memcpy(first, path, (size_t)(dot - path));
	first[dot - path] = '\0';
	json_object_object_get_ex(o, first, &found);
	return find(found, dot + 1);
}

/* "a, b" of an array of texts. */
static const char *list_text(struct ctl *c, struct json_object *list)
{
	size_t i, n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	const char *text = "";

	for (i = 0; i < n; i++)
		text = arena_printf(&c->arena, "%s%s%s", text, i ? ", " : "", show_text(c, json_object_array_get_idx(list, i)));
	return *text ? text : "-";
}

static const char *json_text(struct ctl *c, struct json_object *value)
{
	struct json_out w;
	struct buf b;
	char *text;

	buf_init(&b, CALLER_ANSWER_MAX);
	json_begin(&w, &b);
	json_put_value(&w, NULL, value);
	text = arena_strdup(&c->arena, buf_str(&b));
	buf_release(&b);
	return text;
}

const char *show_text(struct ctl *c, struct json_object *value)
{
	const char *text = "-";
	char *printable;

	if (json_object_is_type(value, json_type_boolean))
		text = json_object_get_boolean(value) ? "yes" : "no";
	else if (json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	else if (value)
		text = json_text(c, value);
	printable = arena_strdup(&c->arena, *text ? text : "-");
	table_printable(printable);
	return printable;
}

const char *show_member(struct ctl *c, struct json_object *o, const struct member *m)
{
	struct json_object *value = find(o, m->path);

	return m->kind == AS_LIST ? list_text(c, value) : show_text(c, value);
}

static enum table_colour colour_of(const char *status)
{
	static const struct { const char *status; enum table_colour colour; } colours[] = {
		{"success", GREEN}, {"active", GREEN}, {"failed", RED}, {"queued", YELLOW}, {"running", YELLOW}};
	size_t i;

	for (i = 0; i < sizeof colours / sizeof *colours; i++)
		if (strcmp(colours[i].status, status) == 0)
			return colours[i].colour;
	return PLAIN;
}

static void add_cell(struct ctl *c, struct table *t, struct json_object *o, const struct member *m)
{
	const char *text = show_member(c, o, m);

	if (m->kind == AS_STATUS)
		table_add_coloured(t, colour_of(text), text);
	else
		table_add(t, "%s", text);
}

#define HEADS_MAX 12

void show_rows(struct ctl *c, const struct member *members, struct json_object *rows, const char *none)
{
	size_t i, n = json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0, k;
	const char *heads[HEADS_MAX + 1] = {NULL};
	struct table t;

	for (k = 0; members[k].head && k < HEADS_MAX; k++)
		heads[k] = members[k].head;
	table_init(&t, &c->arena, c->colour, heads);
	for (i = 0; i < n; i++)
		for (k = 0; heads[k]; k++)
			add_cell(c, &t, json_object_array_get_idx(rows, i), &members[k]);
	table_print(&t, none, &c->out);
}

void show_facts(struct ctl *c, const struct member *members, struct json_object *o)
{
	struct table t;

	table_init(&t, &c->arena, c->colour, NULL);
	for (; members->head; members++) {
		if (!find(o, members->path))
			continue;
		table_add(&t, "%s", members->head);
		add_cell(c, &t, o, members);
	}
	table_print(&t, "", &c->out);
}

/* The controls below a blank are escaped; the others are taken out here, the ends of lines left. */
void show_value(struct ctl *c, struct json_object *value)
{
	char *text, *line, *end;
	struct buf b;

	if (!value)
		return;
	buf_init(&b, INDENTED_MAX);
	json_add_indented(&b, value);
	c->out.failed |= b.failed;
	text = arena_strdup(&c->arena, buf_str(&b));
	buf_release(&b);
	for (line = text; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		table_printable(line);
		buf_addf(&c->out, "%s%s\n", line == text ? "\n" : "", line);
	}
}

/* As it came. Of the controls JSON leaves DEL and C1 (U+0080 to U+009F) as they are, and a terminal heeds them: they are
 * written as escapes, which is the same text. They can only stand within strings. */
void show_raw(struct ctl *c, const struct reply *r)
{
	const char *p = r->raw, *end = p + r->raw_len;

	for (; p < end; p++) {
		unsigned char b = (unsigned char)*p, next = p + 1 < end ? (unsigned char)p[1] : 0;

		if (b == 0x7f)
			buf_adds(&c->out, "\\u007f");
		else if (b == 0xc2 && next < 0xa0)
			buf_addf(&c->out, "\\u%04x", (unsigned char)*++p);
		else
			buf_addc(&c->out, *p);
	}
}

/* The execution's members, or those of a run's result, which names its id otherwise. */
void show_run(struct ctl *c, struct json_object *run)
{
	static const struct member members[] = {
		{"Execution", "execution_id", AS_TEXT}, {"Execution", "id", AS_TEXT}, {"Agent", "agent_slug", AS_TEXT},
		{"Status", "status", AS_STATUS}, {"Summary", "summary", AS_TEXT}, {"Trigger", "trigger_type", AS_TEXT},
		{"Error", "error.code", AS_TEXT}, {"Reason", "error.message", AS_TEXT},
		{"Attempts", "attempt", AS_TEXT}, {"Tokens", "tokens_used", AS_TEXT}, {"Milliseconds", "duration_ms", AS_TEXT},
		{"At most", "max_tokens", AS_TEXT}, {"Schedule", "schedule_id", AS_TEXT}, {"Queued", "queued_at", AS_TEXT},
		{"Due", "run_at", AS_TEXT}, {"Started", "started_at", AS_TEXT}, {"Completed", "completed_at", AS_TEXT},
		{"Created", "created_at", AS_TEXT}, {"Estimate, ms", "estimated_duration_ms", AS_TEXT}, {NULL, NULL, AS_TEXT}};

	show_facts(c, members, run);
	show_value(c, find(run, "output"));
}

bool caller_run_succeeded(struct ctl *c, struct json_object *run)
{
	const struct member status = {"", "status", AS_TEXT}, code = {"", "error.code", AS_TEXT};
	const struct member message = {"", "error.message", AS_TEXT}, id = {"", "id", AS_TEXT};
	const char *reason;

	if (strcmp(show_member(c, run, &status), "failed") != 0)
		return true;
	reason = show_member(c, run, &code);
	/* what the API's own error of a failed run does not tell */
	if (strcmp(reason, err_name(ERR_EXECUTION_FAILED)) == 0)
		reason = NULL;
	err_set(&c->err, ERR_EXECUTION_FAILED, "%s%s%s", reason ? reason : "", reason ? ": " : "", show_member(c, run, &message));
	snprintf(c->err.execution_id, sizeof c->err.execution_id, "%s", show_member(c, run, &id));
	table_printable(c->err.message);
	table_printable(c->err.execution_id);
	return false;
}
