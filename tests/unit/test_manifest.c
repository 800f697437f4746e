/* Manifests and the registry (agents/registry.h). */
#include <stdio.h>
#include <string.h>

#include "agents/integration_name.h"
#include "agents_fixture.h"
#include "agents_suites.h"

#define MEMBERS "\"slug\":\"x\",\"name\":\"X\",\"description\":\"Does x\",\"estimated_duration_ms\":5," \
	"\"input_schema\":{\"type\":\"object\"},\"runner\":{\"builtin\":\"probe\"}"

static struct registry *load_one(const char *text, struct error *err)
{
	char dir[FX_PATH];
	struct registry *r;

	fx_folder(dir);
	fx_write(dir, "x.json", text, strlen(text));
	memset(err, 0, sizeof *err);
	r = registry_load(dir, NULL, err);
	fx_remove(dir);
	return r;
}

static void refused(const char *text, const char *field, const char *words)
{
	struct error err;
	struct registry *r = load_one(text, &err);

	CU_ASSERT_PTR_NULL(r);
	registry_free(r);
	CU_ASSERT_EQUAL(err.code, ERR_INVALID_INPUT);
	if (strcmp(err.field, field) != 0 || !strstr(err.message, words) || !strstr(err.message, "x.json")) {
		fprintf(stderr, "field \"%s\", message: %s\n", err.field, err.message);
		CU_FAIL("file, member and reason are not named");
	}
}

static void the_projects_manifests_are_loaded(void)
{
	const struct manifest *m = fx_manifest("email-triage");

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_STRING_EQUAL(m->name, "EmailTriage");
	CU_ASSERT_STRING_EQUAL(m->description, "Autonomous inbox triage");
	CU_ASSERT_EQUAL(m->required_count, 1);
	CU_ASSERT_STRING_EQUAL(m->required[0], "gmail");
	CU_ASSERT_EQUAL(m->inline_count, 2);
	CU_ASSERT_EQUAL(m->estimated_duration_ms, 8000);
	CU_ASSERT_EQUAL(m->timeout_ms, 300000);
	CU_ASSERT_EQUAL(m->output_max, AGENT_OUTPUT_MAX);
	CU_ASSERT_PTR_NULL(fx_manifest("email"));
	CU_ASSERT_PTR_NULL(fx_manifest(""));
}

static void defaults_are_those_of_the_documentation(void)
{
	struct error err;
	struct registry *r = load_one("{" MEMBERS "}", &err);
	const struct manifest *m;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	m = registry_at(r, 0);
	CU_ASSERT_EQUAL(m->timeout_ms, 300000);
	CU_ASSERT_EQUAL(m->output_max, AGENT_OUTPUT_MAX);
	CU_ASSERT_EQUAL(m->required_count, 0);
	CU_ASSERT_PTR_NULL(m->output);
	registry_free(r);
}

static void what_is_wrong_is_named(void)
{
	refused("{", "", "byte");
	refused("[1]", "", "object");
	refused("{}", "slug", "missing");
	refused("{" MEMBERS ",\"colour\":\"red\"}", "colour", "colour");
	refused("{" MEMBERS ",\"slug\":\"x\"}", "", "byte");
	refused("{" MEMBERS ",\"timeout_ms\":0}", "timeout_ms", "timeout_ms");
	refused("{" MEMBERS ",\"timeout_ms\":\"5\"}", "timeout_ms", "timeout_ms");
	refused("{" MEMBERS ",\"limits\":{\"output_bytes\":99999999}}", "limits.output_bytes", "output_bytes");
	refused("{" MEMBERS ",\"limits\":{\"memory\":1}}", "limits.memory", "memory");
	refused("{" MEMBERS ",\"tool\":{\"name\":\"a b\"}}", "tool.name", "tool.name");
	refused("{" MEMBERS ",\"tool\":{\"name\":\"\"}}", "tool.name", "tool.name");
	refused("{" MEMBERS ",\"tool\":{\"safe\":true}}", "tool.safe", "safe");
	refused("{" MEMBERS ",\"tool\":{\"read_only\":1}}", "tool.read_only", "read_only");
	refused("{" MEMBERS ",\"required_integrations\":[1]}", "required_integrations", "names");
	refused("{" MEMBERS ",\"output_schema\":{\"colour\":1}}", "output_schema", "colour");
	refused("{" MEMBERS ",\"output_schema\":true}", "output_schema", "output_schema");
	refused("{\"slug\":\"X y\"}", "slug", "a–z");
	refused("{" MEMBERS ",\"example\":{\"input\":{}}}", "example", "summary");
	refused("{" MEMBERS ",\"output_schema\":{\"type\":\"object\"},"
	        "\"example\":{\"input\":{},\"summary\":\"s\",\"output\":1}}", "example.output", "object");
}

static void as_a_tool_an_agent_is_what_its_manifest_says(void)
{
	struct error err;
	struct registry *r = load_one("{" MEMBERS ",\"tool\":{\"name\":\"do_x.2\",\"content\":\"blocks\",\"read_only\":true,"
	                              "\"destructive\":false,\"idempotent\":true,\"open_world\":false}}", &err);
	const struct agent_tool *t;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_PTR_NULL(registry_find_tool(r, "x"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(registry_find_tool(r, "do_x.2"));
	t = &registry_find_tool(r, "do_x.2")->tool;
	CU_ASSERT_STRING_EQUAL(t->content, "blocks");
	CU_ASSERT_TRUE(t->read_only && !t->destructive && t->idempotent && !t->open_world);
	registry_free(r);
}

static void of_a_tool_that_says_nothing_the_worst_is_assumed(void)
{
	struct error err;
	struct registry *r = load_one("{" MEMBERS "}", &err);
	const struct agent_tool *t;

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	t = &registry_find(r, "x")->tool;
	CU_ASSERT_STRING_EQUAL(t->name, "x");
	CU_ASSERT_STRING_EQUAL(t->content, "");
	CU_ASSERT_TRUE(!t->read_only && t->destructive && !t->idempotent && t->open_world);
	registry_free(r);
}

static void two_agents_are_not_one_tool(void)
{
	static const char other[] = "{\"slug\":\"y\",\"name\":\"Y\",\"description\":\"Does y\",\"estimated_duration_ms\":5,"
		"\"input_schema\":{\"type\":\"object\"},\"runner\":{\"builtin\":\"probe\"},\"tool\":{\"name\":\"x\"}}";
	char dir[FX_PATH];
	struct error err = {0};

	fx_folder(dir);
	fx_write(dir, "x.json", "{" MEMBERS "}", strlen("{" MEMBERS "}"));
	fx_write(dir, "y.json", other, strlen(other));
	CU_ASSERT_PTR_NULL(registry_load(dir, NULL, &err));
	CU_ASSERT_STRING_EQUAL(err.field, "tool.name");
	fx_remove(dir);
}

static void runners_that_are_not_there_are_refused(void)
{
	static const char *const kinds[] = {"llm", "command", "http"};
	char text[600];
	unsigned i;

	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof text,
		         "{\"slug\":\"x\",\"name\":\"X\",\"description\":\"x\",\"estimated_duration_ms\":5,"
		         "\"input_schema\":{},\"runner\":{\"%s\":\"y\"}}", kinds[i]);
		refused(text, "runner", "not in this release");
	}
	refused("{\"slug\":\"x\",\"name\":\"X\",\"description\":\"x\",\"estimated_duration_ms\":5,\"input_schema\":{},"
	        "\"runner\":{\"builtin\":\"teapot\"}}", "runner.builtin", "teapot");
	refused("{\"slug\":\"x\",\"name\":\"X\",\"description\":\"x\",\"estimated_duration_ms\":5,\"input_schema\":{},"
	        "\"runner\":{\"shell\":\"rm\"}}", "runner.shell", "shell");
}

static void settings_are_those_that_the_runner_has(void)
{
#define WITH_RUNNER(runner) "{\"slug\":\"x\",\"name\":\"X\",\"description\":\"x\",\"estimated_duration_ms\":5,\"input_schema\":{}," \
	"\"runner\":" runner "}"
	struct error err;
	struct registry *r = load_one(WITH_RUNNER("{\"builtin\":\"probe\",\"settings\":{\"steps\":3}}"), &err);

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_PTR_NOT_NULL(registry_find(r, "x")->settings);
	registry_free(r);
	refused(WITH_RUNNER("{\"builtin\":\"probe\",\"settings\":{\"colour\":1}}"), "runner.settings.colour", "colour");
	refused(WITH_RUNNER("{\"builtin\":\"email-triage\",\"settings\":{\"steps\":1}}"), "runner.settings.steps", "steps");
	refused(WITH_RUNNER("{\"builtin\":\"probe\",\"settings\":[]}"), "runner.settings", "object");
}

static void the_operators_manifest_replaces_the_projects(void)
{
	char dir[FX_PATH], extra[FX_PATH];
	const char *other = "{" MEMBERS ",\"timeout_ms\":7}";
	struct error err;
	struct registry *r;

	fx_folder(dir);
	fx_folder(extra);
	fx_write(dir, "x.json", "{" MEMBERS "}", strlen("{" MEMBERS "}"));
	fx_write(dir, "notes.txt", "not a manifest", 14);
	fx_write(extra, "mine.json", other, strlen(other));
	r = registry_load(dir, extra, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	CU_ASSERT_EQUAL(registry_count(r), 1);
	CU_ASSERT_EQUAL(registry_find(r, "x")->timeout_ms, 7);
	registry_free(r);
	fx_write(extra, "again.json", other, strlen(other));
	CU_ASSERT_PTR_NULL(registry_load(dir, extra, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "twice"));
	fx_remove(dir);
	fx_remove(extra);
}

static void a_folder_that_is_missing_is_an_error(void)
{
	struct error err = {0};

	CU_ASSERT_PTR_NULL(registry_load("/nonexistent", NULL, &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/nonexistent"));
	CU_ASSERT_PTR_NULL(registry_load(AGENTS_SOURCE, "/nonexistent", &err));
}

static void an_integration_is_called_as_people_call_it(void)
{
	static const struct { const char *slug, *name; } cases[] = {
		{"gmail", "Gmail"}, {"google-drive", "Google Drive"}, {"quickbooks", "QuickBooks"}, {"a", "A"}, {"", ""}};
	char name[INTEGRATION_NAME_SIZE], slug[80] = "";
	unsigned i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		integration_name(cases[i].slug, name);
		CU_ASSERT_STRING_EQUAL(name, cases[i].name);
	}
	memset(slug, 'x', sizeof slug - 1);
	integration_name(slug, name);
	CU_ASSERT_EQUAL(strlen(name), INTEGRATION_NAME_SIZE - 1);
}

static CU_TestInfo tests[] = {
	{"the project's manifests are loaded", the_projects_manifests_are_loaded},
	{"defaults are those of the documentation", defaults_are_those_of_the_documentation},
	{"what is wrong in a manifest is named with its file", what_is_wrong_is_named},
	{"as a tool an agent is what its manifest says", as_a_tool_an_agent_is_what_its_manifest_says},
	{"of a tool that says nothing the worst is assumed", of_a_tool_that_says_nothing_the_worst_is_assumed},
	{"two agents are not one tool", two_agents_are_not_one_tool},
	{"runners that are not there are refused", runners_that_are_not_there_are_refused},
	{"settings are those that the runner has", settings_are_those_that_the_runner_has},
	{"the operator's manifest replaces the project's", the_operators_manifest_replaces_the_projects},
	{"a folder that is missing is an error", a_folder_that_is_missing_is_an_error},
	{"an integration is called as people call it", an_integration_is_called_as_people_call_it},
	CU_TEST_INFO_NULL,
};

const CU_SuiteInfo manifest_suite = {"manifest", NULL, NULL, NULL, NULL, tests};
