#include "ctl/completion.h"

#include <string.h>

#include "ctl/caller.h"

/* What the arguments' names in help mean. */
static const struct { const char *arg; enum completes what; } by_arg[] = {
	{"FILE", COMPLETES_FILES}, {"PEM", COMPLETES_FILES}, {"DIR", COMPLETES_FILES},
	{"SLUG", COMPLETES_AGENTS}, {"AGENT", COMPLETES_AGENTS}};

enum completes completion_of(const struct ctl_option *o, struct buf *words)
{
	size_t i;

	buf_reset(words);
	for (i = 0; o->choices && o->choices[i]; i++)
		buf_addf(words, "%s%s", i ? " " : "", o->choices[i]);
	if (o->type == OPT_FEATURE)
		buf_adds(words, "yes no plan");
	if (words->len > 0)
		return COMPLETES_WORDS;
	for (i = 0; o->arg && i < sizeof by_arg / sizeof *by_arg; i++)
		if (strcmp(o->arg, by_arg[i].arg) == 0)
			return by_arg[i].what;
	return COMPLETES_NOTHING;
}

size_t completion_first(const struct ctl_command *k)
{
	return strcspn(k->words, " ");
}

bool completion_first_is_new(const struct ctl_command *k)
{
	size_t n = completion_first(k);
	const struct ctl_command *earlier;

	for (earlier = ctl_next_command(NULL); earlier != k; earlier = ctl_next_command(earlier))
		if (completion_first(earlier) == n && memcmp(earlier->words, k->words, n) == 0)
			return false;
	return true;
}

/* A shell expands what it is given to complete by: a slug that is none could be a command. */
static bool is_slug(const char *text)
{
	return *text && *text != '-' && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")];
}

/* The slugs of the server, where one and a key are named; a shell that completes wants no complaints. */
static void print_agents(struct ctl *c)
{
	static const struct member slug = {"", "slug", AS_TEXT};
	static const struct question q = {.method = "GET", .path = "/api/agents", .once = true};
	struct reply r = {.status = 0};
	size_t i;

	if (ctl_open(c, NEED_SERVER) && caller_ask(c, &q, &r) && json_object_is_type(r.data, json_type_array))
		for (i = 0; i < json_object_array_length(r.data); i++) {
			const char *text = show_member(c, json_object_array_get_idx(r.data, i), &slug);

			if (is_slug(text))
				buf_addf(&c->out, "%s\n", text);
		}
	reply_release(&r);
	c->err = (struct error){.code = ERR_NONE};
	c->status = CTL_DONE;
}

bool cmd_completion(struct ctl *c)
{
	const char *what = ctl_text(c, "for");

	c->json = false;
	if (strcmp(what, "bash") == 0)
		completion_bash(&c->out);
	else if (strcmp(what, "zsh") == 0)
		completion_zsh(&c->out);
	else
		print_agents(c);
	return true;
}
