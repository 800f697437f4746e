/* Help, written from the table of commands. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

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

void ctl_help(struct buf *out, const char *group)
{
	const struct ctl_command *k;

	buf_addf(out, "Usage: agentivctl [-c FILE] %s [OPTION]…\n\n", group ? group : "COMMAND");
	if (!group)
		buf_adds(out, "The operator's command of Agentiv.\n\n");
	for (k = ctl_commands; k->words; k++)
		if (in_group(k->words, group))
			buf_addf(out, "  %-22s %s\n", k->words, k->help);
	buf_addf(out, "\n%s  -V, --version               the version\n\n"
	         "Exit status: 0 done, 1 refused or a check failed, 2 usage, 3 configuration,\n"
	         "4 the database is away.\n", global_help);
}

static void add_synopsis(struct buf *out, const struct ctl_option *o)
{
	const char *open = o->required ? "" : "[", *close = o->required ? "" : "]";

	if (o->positional)
		buf_addf(out, " %s%s%s", open, o->arg, close);
	else if (o->type == OPT_FLAG)
		buf_addf(out, " %s--%s%s", open, o->name, close);
	else
		buf_addf(out, " %s--%s %s%s", open, o->name, o->arg, close);
}

void ctl_help_command(struct buf *out, const struct ctl_command *k)
{
	const struct ctl_option *o;
	char left[80];

	buf_addf(out, "Usage: agentivctl %s", k->words);
	for (o = k->options; o->name; o++)
		add_synopsis(out, o);
	buf_addf(out, "\n\n%s.\n", k->help);
	if (k->more)
		buf_addf(out, "%s\n", k->more);
	buf_addc(out, '\n');
	for (o = k->options; o->name; o++) {
		if (o->positional)
			snprintf(left, sizeof left, "%s", o->arg);
		else
			snprintf(left, sizeof left, "    --%s%s%s", o->name, o->type == OPT_FLAG ? "" : " ",
			         o->type == OPT_FLAG ? "" : o->arg);
		buf_addf(out, "  %-27s %s\n", left, o->help);
	}
	buf_adds(out, global_help);
}
