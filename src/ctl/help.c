/* Help, written from the table of commands. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#define WIDTH  79
#define INDENT 11   /* of a synopsis that takes more than a line */
#define COLUMN 30   /* where what an option says begins */
#define NAMES  25   /* where what a command does begins */

static const char config_help[] =
	"  -c, --config FILE           configuration (default: $AGENTIV_CONFIG,\n"
	"                              then /etc/agentiv/agentiv.conf)\n";
static const char global_help[] =
	"      --json                  print the bare object or array\n"
	"  -h, --help                  this text; after a command, that command's\n";

static bool in_group(const char *words, const char *group)
{
	size_t n = group ? strlen(group) : 0;

	return !group || (strncmp(words, group, n) == 0 && (words[n] == ' ' || !words[n]));
}

/* The words of a text, the first at a column where something stands before it, in lines of WIDTH bytes that begin at
 * indent; ends the last. */
static void add_words(struct buf *out, const char *text, size_t column, int indent)
{
	size_t n;
	bool first = true;

	for (text += strspn(text, " \n"); *text; text += n, text += strspn(text, " \n")) {
		n = strcspn(text, " \n");
		if (!first && column + 1 + n > WIDTH) {
			buf_addf(out, "\n%*s", indent, "");
			column = (size_t)indent;
			first = true;
		}
		if (!first)
			buf_addc(out, ' ');
		buf_add(out, text, n);
		column += n + !first;
		first = false;
	}
	buf_addc(out, '\n');
}

/* Those of one kind that are in the group; whether there is any. */
static bool add_commands(struct buf *out, const char *title, bool for_callers, const char *group)
{
	const struct ctl_command *k;
	bool any = false;

	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k)) {
		if (ctl_is_for_callers(k) != for_callers || !in_group(k->words, group))
			continue;
		if (!any && !group)
			buf_addf(out, "%s\n", title);
		any = true;
		buf_addf(out, "  %-*s", NAMES - 2, k->words);
		add_words(out, k->help, NAMES, NAMES);
	}
	if (any)
		buf_addc(out, '\n');
	return any;
}

void ctl_help(struct buf *out, const char *group)
{
	bool operators;

	buf_addf(out, "Usage: agentivctl %s%sCOMMAND [OPTION]…\n\n", group ? group : "", group ? " " : "");
	if (!group)
		buf_adds(out, "The command of Agentiv, for those who run it and for those who call it.\n\n");
	operators = add_commands(out, "For operators, on the database:", false, group);
	add_commands(out, "For callers, on a server named by AGENTIV_BASE_URL, with the key in\nAGENTIV_API_KEY:", true, group);
	buf_addf(out, "%s%s  -V, --version               the version\n\n"
	         "Exit status: 0 done, 1 refused, or a run or check failed, 2 usage,\n"
	         "3 configuration, 4 the database or the server is away, 130 interrupted.\n",
	         operators ? config_help : "", global_help);
}

/* "AGENT", "--json", "--user USER" */
static void name_option(const struct ctl_option *o, char *out, size_t size)
{
	bool bare = o->positional || o->type == OPT_FLAG;

	snprintf(out, size, "%s%s%s%s", o->positional ? "" : "--", o->positional ? o->arg : o->name,
	         bare ? "" : " ", bare ? "" : o->arg);
}

static void add_synopsis(struct buf *out, const struct ctl_command *k)
{
	int column = (int)(sizeof "Usage: agentivctl " - 1 + strlen(k->words)), length;
	const struct ctl_option *o;
	char name[80];

	buf_addf(out, "Usage: agentivctl %s", k->words);
	for (o = k->options; o->name; o++) {
		name_option(o, name, sizeof name);
		length = (int)strlen(name) + (o->required ? 0 : 2);
		if (column + 1 + length > WIDTH) {
			buf_addf(out, "\n%*s", INDENT - 1, "");
			column = INDENT - 1;
		}
		buf_addf(out, o->required ? " %s" : " [%s]", name);
		column += 1 + length;
	}
}

static void add_option(struct buf *out, const struct ctl_option *o)
{
	char name[80];

	name_option(o, name, sizeof name);
	buf_addf(out, "  %s%-*s", o->positional ? "" : "    ", COLUMN - (o->positional ? 2 : 6), name);
	if (strlen(name) + (o->positional ? 2 : 6) >= COLUMN)   /* on a line of its own */
		buf_addf(out, "\n%*s", COLUMN, "");
	add_words(out, o->help, COLUMN, COLUMN);
}

void ctl_help_command(struct buf *out, const struct ctl_command *k)
{
	const struct ctl_option *o;

	add_synopsis(out, k);
	buf_addf(out, "\n\n%s.\n", k->help);
	if (k->more)
		add_words(out, k->more, 0, 0);
	buf_addc(out, '\n');
	for (o = k->options; o->name; o++)
		add_option(out, o);
	if (!(k->needs & NEED_SERVER))
		buf_adds(out, config_help);
	buf_adds(out, global_help);
}
