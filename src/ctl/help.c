/* Help, written from the table of commands. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#define WIDTH  79
#define INDENT 11   /* of a synopsis that takes more than a line */
#define COLUMN 30   /* where what an option says begins */
#define NAMES  25   /* where what a command does begins */

static const char global_help[] =
	"  -c, --config FILE           configuration (default: $AGENTIV_CONFIG,\n"
	"                              then /etc/agentiv/agentiv.conf)\n"
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

void ctl_help(struct buf *out, const char *group)
{
	const struct ctl_command *k;

	buf_addf(out, "Usage: agentivctl [-c FILE] %s%sCOMMAND [OPTION]…\n\n", group ? group : "", group ? " " : "");
	if (!group)
		buf_adds(out, "The operator's command of Agentiv.\n\n");
	for (k = ctl_commands; k->words; k++)
		if (in_group(k->words, group)) {
			buf_addf(out, "  %-*s", NAMES - 2, k->words);
			add_words(out, k->help, NAMES, NAMES);
		}
	buf_addf(out, "\n%s  -V, --version               the version\n\n"
	         "Exit status: 0 done, 1 refused or a check failed, 2 usage, 3 configuration,\n"
	         "4 the database is away.\n", global_help);
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
	buf_adds(out, global_help);
}
