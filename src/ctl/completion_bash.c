/* The script for bash: the tables as case statements, and one function that looks them up. */
#include "ctl/completion.h"

#include <string.h>

static const char head[] =
	"# bash completion for agentivctl -*- shell-script -*-\n"
	"# Printed by agentivctl completion bash.\n"
	"\n"
	"_agentivctl()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal first='' second='' word i rest='' options='' takes='' words='' files='' agents='' given=''\n"
	"\n"
	"\t# --option=value comes as three words\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"\tfi\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tcase $word in\n"
	"\t\t-c | --config) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) if [[ -z $first ]]; then first=$word; elif [[ -z $second ]]; then second=$word; fi ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n";

static const char tail[] =
	"\tif [[ $prev == -c || $prev == --config ]]; then\n"
	"\t\tfiles=1\n"
	"\telif [[ \" $takes \" != *\" $prev \"* ]]; then\n"
	"\t\tfiles=\n"
	"\t\tif [[ -n $rest && -z $options ]]; then\n"
	"\t\t\twords=$rest\n"
	"\t\telif [[ $cur == -* || -z $words$agents ]]; then\n"
	"\t\t\twords=\"$options --json --help\" agents=\n"
	"\t\tfi\n"
	"\tfi\n"
	"\t[[ -z $agents ]] || words=$(\"${COMP_WORDS[0]}\" completion agents --timeout 2 2>/dev/null)\n"
	"\tif [[ -n $files ]]; then\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"\telse\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"\tfi\n"
	"}\n"
	"complete -F _agentivctl agentivctl\n";

/* The words that may come first, and those behind each. */
static void add_words(struct buf *out)
{
	const struct ctl_command *k, *other;

	buf_adds(out, "\tcase $first in\n\t'') rest='");
	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k))
		if (completion_first_is_new(k))
			buf_addf(out, "%.*s ", (int)completion_first(k), k->words);
	buf_adds(out, "' ;;\n");
	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k)) {
		size_t n = completion_first(k);

		if (!completion_first_is_new(k) || !k->words[n])
			continue;
		buf_addf(out, "\t%.*s) rest='", (int)n, k->words);
		for (other = k; other; other = ctl_next_command(other))
			if (completion_first(other) == n && strncmp(other->words, k->words, n) == 0)
				buf_addf(out, "%s ", other->words + n + 1);
		buf_adds(out, "' ;;\n");
	}
	buf_adds(out, "\tesac\n");
}

static void add_values(struct buf *out, const struct ctl_option *o, const struct buf *words, enum completes what)
{
	if (what == COMPLETES_WORDS)
		buf_addf(out, "words='%s'", buf_str(words));
	else
		buf_adds(out, what == COMPLETES_FILES ? "files=1" : "agents=1");
}

static void add_command(struct buf *out, const struct ctl_command *k)
{
	const struct ctl_option *o;
	struct buf words;

	buf_init(&words, 4096);
	buf_addf(out, strchr(k->words, ' ') ? "\t'%s')\n\t\toptions='" : "\t'%s '*)\n\t\toptions='", k->words);
	for (o = k->options; o->name; o++)
		if (!o->positional)
			buf_addf(out, "--%s ", o->name);
	buf_adds(out, "' takes='");
	for (o = k->options; o->name; o++)
		if (!o->positional && o->type != OPT_FLAG)
			buf_addf(out, "--%s ", o->name);
	buf_adds(out, "'\n\t\tcase $prev in\n");
	for (o = k->options; o->name; o++) {
		enum completes what = completion_of(o, &words);

		if (o->positional || what == COMPLETES_NOTHING)
			continue;
		buf_addf(out, "\t\t--%s) ", o->name);
		add_values(out, o, &words, what);
		buf_adds(out, " given=1 ;;\n");
	}
	buf_adds(out, "\t\tesac\n");
	for (o = k->options; o->name; o++)
		if (o->positional && completion_of(o, &words) != COMPLETES_NOTHING) {
			buf_adds(out, "\t\t[[ -n $given ]] || ");
			add_values(out, o, &words, completion_of(o, &words));
			buf_addc(out, '\n');
		}
	buf_adds(out, "\t\t;;\n");
	buf_release(&words);
}

void completion_bash(struct buf *out)
{
	const struct ctl_command *k;

	buf_adds(out, head);
	add_words(out);
	buf_adds(out, "\tcase \"$first $second\" in\n");
	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k))
		add_command(out, k);
	buf_adds(out, "\tesac\n");
	buf_adds(out, tail);
}
