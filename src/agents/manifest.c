/* Manifests: from a JSON file to struct manifest. */
#include "agents/manifest.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define DEFAULT_TIMEOUT_MS 300000
#define TIMEOUT_MAX_MS     86400000

static const char *const members[] = {
	"slug", "name", "description", "required_integrations", "optional_integrations", "inline_data",
	"estimated_duration_ms", "timeout_ms", "limits", "input_schema", "output_schema", "example", "runner", "tool", NULL};
static const char *const example_members[] = {"input", "summary", "output", NULL};
static const char *const limit_members[] = {"output_bytes", NULL};
static const char *const runner_members[] = {"builtin", "llm", "command", "http", "settings", NULL};
static const char *const later_runners[] = {"llm", "command", "http", NULL};
static const char *const tool_members[] = {"name", "content", "read_only", "destructive", "idempotent", "open_world", NULL};

static bool read_file(const char *path, struct buf *out, struct error *err)
{
	FILE *f = fopen(path, "rbe");
	char piece[8192];
	size_t n;
	bool ok;

	if (!f)
		return err_set(err, ERR_INVALID_INPUT, "%.200s: %s", path, strerror(errno));
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(out, piece, n);
	ok = !ferror(f);
	fclose(f);
	if (!ok)
		return err_set(err, ERR_INVALID_INPUT, "%.200s cannot be read", path);
	if (out->failed)
		return err_set(err, ERR_INVALID_INPUT, "%.200s is larger than %u bytes", path,
		               MANIFEST_FILE_MAX);
	return true;
}

static bool take_text(struct json_object *o, const char *key, char *out, size_t size, struct error *err)
{
	const char *text = NULL;

	if (!json_get_str(o, "", key, &text, err))
		return false;
	if (!text || !*text)
		return err_field(err, key, "%s is missing", key);
	if (strlen(text) >= size)
		return err_field(err, key, "%s is longer than %zu bytes", key, size - 1);
	snprintf(out, size, "%s", text);
	return true;
}

static bool take_slug(struct json_object *o, struct manifest *m, struct error *err)
{
	const char *p;

	if (!take_text(o, "slug", m->slug, sizeof m->slug, err))
		return false;
	for (p = m->slug; *p; p++)
		if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-')
			return err_field(err, "slug", "slug may hold a–z, 0–9 and - only");
	return true;
}

static bool take_names(struct json_object *o, const char *key, char **out, unsigned *count,
                       struct error *err)
{
	struct json_object *list = NULL;
	size_t n, i;

	if (!json_get_arr(o, "", key, &list, err))
		return false;
	n = list ? json_object_array_length(list) : 0;
	if (n > MANIFEST_INTEGRATIONS_MAX)
		return err_field(err, key, "%s holds more than %d names", key, MANIFEST_INTEGRATIONS_MAX);
	for (i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(list, i);

		if (!json_object_is_type(v, json_type_string) || json_object_get_string_len(v) == 0 ||
		    json_object_get_string_len(v) > 63)
			return err_field(err, key, "%s must hold names of 1 to 63 bytes", key);
		out[(*count)++] = mem_strdup(json_object_get_string(v));
	}
	return true;
}

static bool take_limits(struct json_object *o, struct manifest *m, struct error *err)
{
	struct json_object *limits = NULL;
	int64_t bytes = AGENT_OUTPUT_MAX;

	if (!json_get_obj(o, "", "limits", &limits, err))
		return false;
	if (limits && (!json_only_known(limits, "limits", limit_members, err) ||
	               !json_get_int(limits, "limits", "output_bytes", 1, AGENT_OUTPUT_MAX, &bytes, err)))
		return false;
	m->output_max = (size_t)bytes;
	return true;
}

static bool take_times(struct json_object *o, struct manifest *m, struct error *err)
{
	m->timeout_ms = DEFAULT_TIMEOUT_MS;
	m->estimated_duration_ms = -1;
	if (!json_get_int(o, "", "timeout_ms", 1, TIMEOUT_MAX_MS, &m->timeout_ms, err) ||
	    !json_get_int(o, "", "estimated_duration_ms", 0, TIMEOUT_MAX_MS, &m->estimated_duration_ms, err))
		return false;
	if (m->estimated_duration_ms < 0)
		return err_field(err, "estimated_duration_ms", "estimated_duration_ms is missing");
	return true;
}

static bool take_schema(struct json_object *o, const char *key, bool needed, struct schema **out,
                        struct error *err)
{
	struct json_object *source = NULL;
	struct error why = {0};

	if (!json_get_obj(o, "", key, &source, err))
		return false;
	if (!source)
		return needed ? err_field(err, key, "%s is missing", key) : true;
	*out = schema_compile(source, &why);
	if (!*out)
		return err_field(err, key, "%s: %.250s", key, why.message);
	return true;
}

/* What documents show of the agent is what it would take and give. */
static bool take_example(struct json_object *o, const struct manifest *m, struct error *err)
{
	struct json_object *example = NULL, *input = NULL, *output = NULL;
	const char *summary = NULL;

	if (!json_get_obj(o, "", "example", &example, err))
		return false;
	if (!example)
		return true;
	if (!json_only_known(example, "example", example_members, err) ||
	    !json_get_obj(example, "example", "input", &input, err) ||
	    !json_get_str(example, "example", "summary", &summary, err))
		return false;
	if (!input || !summary || !json_object_object_get_ex(example, "output", &output))
		return err_field(err, "example", "example takes input, summary and output");
	return schema_check(m->input, input, "example.input", err) &&
	       (!m->output || schema_check(m->output, output, "example.output", err));
}

static bool take_settings(struct json_object *runner, struct manifest *m, const struct agent_builtin *builtin,
                          struct error *err)
{
	static const char *const none[] = {NULL};

	if (!json_get_obj(runner, "runner", "settings", &m->settings, err))
		return false;
	return !m->settings || json_only_known(m->settings, "runner.settings", builtin->settings ? builtin->settings : none, err);
}

static bool take_runner(struct json_object *o, struct manifest *m, builtin_lookup lookup,
                        struct error *err)
{
	struct json_object *runner = NULL;
	const struct agent_builtin *builtin;
	const char *name = NULL;
	unsigned i;

	if (!json_get_obj(o, "", "runner", &runner, err))
		return false;
	if (!runner || json_object_object_length(runner) == 0)
		return err_field(err, "runner", "runner must be an object, {\"builtin\": NAME}");
	if (!json_only_known(runner, "runner", runner_members, err))
		return false;
	for (i = 0; later_runners[i]; i++)
		if (json_object_object_get_ex(runner, later_runners[i], NULL))
			return err_field(err, "runner", "runners of the kind \"%s\" are not in this release",
			                 later_runners[i]);
	if (!json_get_str(runner, "runner", "builtin", &name, err))
		return false;
	builtin = name ? lookup(name) : NULL;
	if (!builtin)
		return err_field(err, "runner.builtin", "there is no builtin runner \"%.60s\"", name ? name : "");
	m->run = builtin->run;
	m->check = builtin->check;
	return take_settings(runner, m, builtin, err);
}

/* MCP 2025-11-25, server/tools, "Tool Names". */
static bool tool_name_valid(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	return *name && strlen(name) < sizeof ((struct agent_tool *)0)->name && name[strspn(name, allowed)] == '\0';
}

/* What a manifest does not say is what a client has to assume: it may destroy something. */
static bool take_tool(struct json_object *o, struct manifest *m, struct error *err)
{
	struct agent_tool *t = &m->tool;
	const char *name = m->slug, *content = "";
	struct json_object *tool = NULL;

	t->destructive = t->open_world = true;
	if (!json_get_obj(o, "", "tool", &tool, err))
		return false;
	if (tool && (!json_only_known(tool, "tool", tool_members, err) || !json_get_str(tool, "tool", "name", &name, err) ||
	             !json_get_str(tool, "tool", "content", &content, err) ||
	             !json_get_bool(tool, "tool", "read_only", &t->read_only, err) ||
	             !json_get_bool(tool, "tool", "destructive", &t->destructive, err) ||
	             !json_get_bool(tool, "tool", "idempotent", &t->idempotent, err) ||
	             !json_get_bool(tool, "tool", "open_world", &t->open_world, err)))
		return false;
	if (!tool_name_valid(name))
		return err_field(err, "tool.name", "tool.name must be 1 to 63 of A–Z, a–z, 0–9, _, . and -");
	if (strlen(content) >= sizeof t->content)
		return err_field(err, "tool.content", "tool.content is longer than %zu bytes", sizeof t->content - 1);
	snprintf(t->name, sizeof t->name, "%s", name);
	snprintf(t->content, sizeof t->content, "%s", content);
	return true;
}

static bool take(struct json_object *o, struct manifest *m, builtin_lookup lookup, struct error *err)
{
	return json_only_known(o, "", members, err) && take_slug(o, m, err) &&
	       take_text(o, "name", m->name, sizeof m->name, err) &&
	       take_text(o, "description", m->description, sizeof m->description, err) &&
	       take_names(o, "required_integrations", m->required, &m->required_count, err) &&
	       take_names(o, "optional_integrations", m->optional, &m->optional_count, err) &&
	       take_names(o, "inline_data", m->inline_data, &m->inline_count, err) &&
	       take_times(o, m, err) && take_limits(o, m, err) &&
	       take_schema(o, "input_schema", true, &m->input, err) &&
	       take_schema(o, "output_schema", false, &m->output, err) &&
	       take_example(o, m, err) &&
	       take_runner(o, m, lookup, err) && take_tool(o, m, err);
}

bool manifest_read(const char *path, builtin_lookup lookup, struct manifest *m, struct error *err)
{
	struct error why = {0};
	struct buf text;
	bool ok;

	memset(m, 0, sizeof *m);
	buf_init(&text, MANIFEST_FILE_MAX);
	ok = read_file(path, &text, err);
	if (!ok)
		goto done;
	ok = json_read(buf_str(&text), text.len, JSON_DEPTH_MAX, &m->source, NULL, NULL, &why);
	if (ok && !json_object_is_type(m->source, json_type_object))
		ok = err_set(&why, ERR_INVALID_INPUT, "a manifest is a JSON object");
	ok = ok && take(m->source, m, lookup, &why);
	if (!ok) {
		err_field(err, why.field, "%.150s: %.220s", path, why.message);
		manifest_release(m);
	}
done:
	buf_release(&text);
	return ok;
}

void manifest_release(struct manifest *m)
{
	unsigned i;

	for (i = 0; i < MANIFEST_INTEGRATIONS_MAX; i++) {
		mem_free(m->required[i]);
		mem_free(m->optional[i]);
		mem_free(m->inline_data[i]);
	}
	schema_free(m->input);
	schema_free(m->output);
	json_object_put(m->source);
	memset(m, 0, sizeof *m);
}
