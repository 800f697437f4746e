/* The script for zsh: the tables as arguments of _arguments and _describe. */
#include "ctl/completion.h"

#include <string.h>

static const char head[] =
	"#compdef agentivctl\n"
	"# Printed by agentivctl completion zsh.\n"
	"\n"
	"_agentivctl_agents() {\n"
	"\tlocal -a slugs\n"
	"\tslugs=(${(f)\"$(_call_program agents agentivctl completion agents --timeout 2 2>/dev/null)\"})\n"
	"\tcompadd -a slugs\n"
	"}\n"
	"\n"
	"_agentivctl() {\n"
	"\tlocal curcontext=$curcontext state line ret=1\n"
	"\tlocal -a everywhere words_first words_second\n"
	"\teverywhere=(\n"
	"\t\t'(-c --config)'{-c,--config}'[the configuration]:FILE:_files'\n"
	"\t\t'--json[print the bare object or array]'\n"
	"\t\t'(-h --help)'{-h,--help}'[show help]'\n"
	"\t\t'(-V --version)'{-V,--version}'[show the version]'\n"
	"\t)\n"
	"\t_arguments -C $everywhere '1: :->first' '*:: :->rest' && ret=0\n"
	"\tcase $state in\n"
	"\tfirst)\n"
	"\t\twords_first=(\n";

static const char middle[] =
	"\t\t)\n"
	"\t\t_describe -t commands command words_first && ret=0\n"
	"\t\t;;\n"
	"\trest)\n"
	"\t\tcase $words[1] in\n";

static const char tail[] =
	"\t\tesac\n"
	"\t\t;;\n"
	"\tesac\n"
	"\treturn ret\n"
	"}\n"
	"\n"
	"_agentivctl \"$@\"\n";

/* Within single quotes, with what has a meaning to zsh's functions escaped. */
static void add_quoted(struct buf *out, const char *text, const char *escape)
{
	for (; *text; text++) {
		if (*text == '\'')
			buf_adds(out, "'\\'");
		else if (strchr(escape, *text))
			buf_addc(out, '\\');
		buf_addc(out, *text);
	}
}

static void add_description(struct buf *out, const char *indent, const char *word, size_t n, const char *about)
{
	buf_addf(out, "%s'%.*s:", indent, (int)n, word);
	add_quoted(out, about, ":\\");
	buf_adds(out, "'\n");
}

static void add_option(struct buf *out, const char *indent, const struct ctl_option *o)
{
	struct buf words;
	enum completes what;

	buf_init(&words, 4096);
	what = completion_of(o, &words);
	buf_adds(out, indent);
	if (o->positional) {
		buf_adds(out, "'1:");
	} else {
		buf_addf(out, o->type == OPT_LIST ? "'*--%s" : "'--%s", o->name);
		buf_adds(out, o->type == OPT_FLAG ? "[" : "=[");
		add_quoted(out, o->help, "[]\\");
		buf_adds(out, o->type == OPT_FLAG ? "]" : "]:");
	}
	if (o->type != OPT_FLAG) {
		add_quoted(out, o->arg, ":\\");
		buf_addc(out, ':');
		if (what == COMPLETES_WORDS)
			buf_addf(out, "(%s)", buf_str(&words));
		else
			buf_adds(out, what == COMPLETES_FILES ? "_files" : what == COMPLETES_AGENTS ? "_agentivctl_agents" : " ");
	}
	buf_adds(out, "' \\\n");
	buf_release(&words);
}

static void add_options(struct buf *out, const char *indent, const struct ctl_command *k)
{
	const struct ctl_option *o;

	buf_addf(out, "%s_arguments \\\n", indent);
	for (o = k->options; o->name; o++)
		add_option(out, "\t\t\t\t\t", o);
	buf_addf(out, "\t\t\t\t\t$everywhere && ret=0\n");
}

static bool same_first(const struct ctl_command *a, const struct ctl_command *b)
{
	size_t n = completion_first(a);

	return completion_first(b) == n && memcmp(a->words, b->words, n) == 0;
}

/* The commands that begin with the first word of k. */
static void add_group(struct buf *out, const struct ctl_command *k)
{
	size_t n = completion_first(k);
	const struct ctl_command *other;

	buf_adds(out, "\t\t\tif (( CURRENT == 2 )); then\n\t\t\t\twords_second=(\n");
	for (other = k; other; other = ctl_next_command(other))
		if (same_first(k, other))
			add_description(out, "\t\t\t\t\t", other->words + n + 1, strlen(other->words + n + 1), other->help);
	buf_adds(out, "\t\t\t\t)\n\t\t\t\t_describe -t commands command words_second && ret=0\n\t\t\t\treturn ret\n\t\t\tfi\n"
	         "\t\t\tshift words\n\t\t\t(( CURRENT-- ))\n\t\t\tcase $words[1] in\n");
	for (other = k; other; other = ctl_next_command(other))
		if (same_first(k, other)) {
			buf_addf(out, "\t\t\t%s)\n", other->words + n + 1);
			add_options(out, "\t\t\t\t", other);
			buf_adds(out, "\t\t\t\t;;\n");
		}
	buf_adds(out, "\t\t\tesac\n");
}

/* Of a group, what may follow. */
static void describe_first(struct buf *out, const struct ctl_command *k)
{
	size_t n = completion_first(k);
	const struct ctl_command *other;
	struct buf about;

	buf_init(&about, 4096);
	for (other = k; other && k->words[n]; other = ctl_next_command(other))
		if (same_first(k, other))
			buf_addf(&about, "%s%s", other == k ? "" : ", ", other->words + n + 1);
	add_description(out, "\t\t\t", k->words, n, k->words[n] ? buf_str(&about) : k->help);
	buf_release(&about);
}

void completion_zsh(struct buf *out)
{
	const struct ctl_command *k;

	buf_adds(out, head);
	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k))
		if (completion_first_is_new(k))
			describe_first(out, k);
	buf_adds(out, middle);
	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k)) {
		if (!completion_first_is_new(k))
			continue;
		buf_addf(out, "\t\t%.*s)\n", (int)completion_first(k), k->words);
		if (k->words[completion_first(k)])
			add_group(out, k);
		else
			add_options(out, "\t\t\t", k);
		buf_adds(out, "\t\t\t;;\n");
	}
	buf_adds(out, tail);
}
