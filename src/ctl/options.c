/* The command line, read from the table of commands. */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define NUMBER_MAX INT64_C(1000000000)

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1] != '\0';
}

static bool is_group(const char *word)
{
	const struct ctl_command *k;
	size_t n = strlen(word);

	for (k = ctl_next_command(NULL); k; k = ctl_next_command(k))
		if (strncmp(k->words, word, n) == 0 && k->words[n] == ' ')
			return true;
	return false;
}

/* The words of commands are one or two; other options may stand between them. */
static bool take_word(struct ctl *c, const char *word)
{
	const struct ctl_command *k;
	size_t n = c->group ? strlen(c->group) : 0;

	for (k = ctl_next_command(NULL); k && !c->command; k = ctl_next_command(k))
		if (c->group ? strncmp(k->words, c->group, n) == 0 && k->words[n] == ' ' &&
			       strcmp(k->words + n + 1, word) == 0
			     : strcmp(k->words, word) == 0)
			c->command = k;
	if (c->command)
		return true;
	if (c->group)
		return err_set(&c->err, ERR_INVALID_INPUT, "There is no command \"%.60s %.60s\"",
		               c->group, word);
	if (!is_group(word))
		return err_set(&c->err, ERR_INVALID_INPUT, "There is no command \"%.60s\"", word);
	c->group = word;
	return true;
}

/* "30d", "12h", "45m", "90s". */
static bool parse_span(const char *text, int64_t *seconds)
{
	char *end;
	long n;
	int64_t unit;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtol(text, &end, 10);
	unit = *end == 'd' ? 86400 : *end == 'h' ? 3600 : *end == 'm' ? 60 : *end == 's' ? 1 : 0;
	if (errno || unit == 0 || end[1] || n > 36500)
		return false;
	*seconds = n * unit;
	return true;
}

static bool parse_time(const char *text, bool past, int64_t *at)
{
	char whole[CLOCK_TEXT_SIZE];
	int64_t span;

	if (clock_parse(text, at))
		return true;
	if (parse_span(text, &span)) {
		*at = clock_now_ms() + (past ? -span : span) * 1000;
		return true;
	}
	if (strlen(text) != 10)
		return false;
	memcpy(whole, text, 10);
	strcpy(whole + 10, "T00:00:00Z");
	return clock_parse(whole, at);
}

static bool parse_number(const char *text, int64_t min, int64_t max, int64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && !*end && *out >= min && *out <= max;
}

static bool parse_choice(struct ctl *c, const struct ctl_option *o, const char *text)
{
	struct buf all;
	unsigned i;

	for (i = 0; o->choices[i]; i++)
		if (strcmp(o->choices[i], text) == 0)
			return true;
	buf_init(&all, 200);
	for (i = 0; o->choices[i]; i++)
		buf_addf(&all, "%s%s", i ? ", " : "", o->choices[i]);
	err_field(&c->err, o->name, "%s%s is one of %s, not \"%.40s\"", o->positional ? "" : "--", o->positional ? o->arg : o->name,
	          buf_str(&all), text);
	buf_release(&all);
	return false;
}

static bool parse_limit(struct ctl *c, const struct ctl_option *o, const char *text, int64_t *out)
{
	int64_t min = o->type == OPT_SLOTS ? 1 : 0;

	*out = strcmp(text, "unlimited") == 0 ? LIMIT_UNLIMITED : LIMIT_OF_PLAN;
	return *out == LIMIT_UNLIMITED || strcmp(text, "plan") == 0 || parse_number(text, min, NUMBER_MAX, out) ||
	       err_field(&c->err, o->name, "--%s is a number from %d on, \"unlimited\" or \"plan\","
	                 " not \"%.40s\"", o->name, (int)min, text);
}

static bool parse_feature(struct ctl *c, const struct ctl_option *o, const char *text, int64_t *out)
{
	*out = strcmp(text, "plan") == 0 ? LIMIT_OF_PLAN : strcmp(text, "yes") == 0;
	return *out != 0 || strcmp(text, "no") == 0 ||
	       err_field(&c->err, o->name, "--%s is yes, no or \"plan\", not \"%.40s\"", o->name, text);
}

static bool take_time(struct ctl *c, const struct ctl_option *o, const char *text, int64_t *at)
{
	bool past = o->type == OPT_PAST;

	if (!parse_time(text, past, at))
		return err_field(&c->err, o->name, "--%s is a time like 2027-01-31T12:00:00Z, a date,"
		                 " or a span like 30d, 12h or 45m, not \"%.40s\"", o->name, text);
	if (o->type == OPT_INSTANT)
		return true;
	if (past)
		return *at <= clock_now_ms() ||
		       err_field(&c->err, o->name, "--%s is a time that is over, \"%.40s\" is to come", o->name, text);
	return *at > clock_now_ms() ||
	       err_field(&c->err, o->name, "--%s is a time to come, \"%.40s\" is over", o->name, text);
}

static bool parse_tokens(struct ctl *c, const struct ctl_option *o, const char *text, int64_t *out)
{
	*out = LIMIT_UNLIMITED;
	return strcmp(text, "unlimited") == 0 || parse_number(text, 0, BUDGET_TOKENS_MAX, out) ||
	       err_field(&c->err, o->name, "--%s is a number from 0 to %lld or \"unlimited\", not \"%.40s\"", o->name,
	                 (long long)BUDGET_TOKENS_MAX, text);
}

static bool take_span(struct ctl *c, const struct ctl_option *o, const char *text, int64_t *seconds)
{
	*seconds = 0;
	return ((strcmp(text, "0") == 0 || parse_span(text, seconds)) && *seconds <= o->max) ||
	       err_field(&c->err, o->name, "--%s is 0 or a span like 30d, 12h or 45m, up to %dd, not \"%.40s\"", o->name,
	                 (int)(o->max / 86400), text);
}

static void add_to_list(struct ctl *c, struct ctl_value *v, const char *text)
{
	const char **longer = arena_alloc(&c->arena, (v->count + 1) * sizeof *longer);

	if (v->count > 0)
		memcpy(longer, v->list, v->count * sizeof *longer);
	longer[v->count++] = text;
	v->list = longer;
}

static bool take_value(struct ctl *c, const struct ctl_option *o, const char *text)
{
	struct ctl_value *v = &c->values[o - c->command->options];

	if (v->given && o->type != OPT_LIST)
		return err_field(&c->err, o->name, "--%s is given twice", o->name);
	v->given = true;
	v->text = text;
	switch (o->type) {
	case OPT_COUNT:
		return parse_number(text, 1, o->max, &v->number) ||
		       err_field(&c->err, o->name, "--%s is a number from 1 to %d, not \"%.40s\"", o->name,
		                 (int)o->max, text);
	case OPT_LIMIT:
	case OPT_SLOTS:
		return parse_limit(c, o, text, &v->number);
	case OPT_TOKENS:
		return parse_tokens(c, o, text, &v->number);
	case OPT_FEATURE:
		return parse_feature(c, o, text, &v->number);
	case OPT_SPAN:
		return take_span(c, o, text, &v->number);
	case OPT_TIME:
	case OPT_PAST:
	case OPT_INSTANT:
		return take_time(c, o, text, &v->number);
	case OPT_CHOICE:
		return parse_choice(c, o, text);
	case OPT_LIST:
		add_to_list(c, v, text);
		break;
	case OPT_FLAG:
	case OPT_TEXT:
		break;
	}
	return *text || o->type == OPT_FLAG ||
	       err_field(&c->err, o->name, "%s%s must not be empty", o->positional ? "" : "--", o->positional ? o->arg : o->name);
}

static bool is_name(const char *name, const char *arg, size_t n)
{
	return name && strlen(name) == n && memcmp(name, arg, n) == 0;
}

static const struct ctl_option *find_option(const struct ctl *c, const char *arg, size_t n)
{
	const struct ctl_option *o;

	for (o = c->command ? c->command->options : NULL; o && o->name; o++)
		if (is_name(o->name, arg, n) || is_name(o->alias, arg, n))
			return o;
	return NULL;
}

/* -c FILE, --json, --help, --version: *known tells whether it is one of them. */
static bool global_option(struct ctl *c, int argc, char **argv, int *at, bool *known)
{
	const char *arg = argv[*at];
	bool is_config = strcmp(arg, "-c") == 0 || strcmp(arg, "--config") == 0;

	*known = true;
	if (is_config && *at + 1 >= argc)
		return err_set(&c->err, ERR_INVALID_INPUT, "%s needs a file", arg);
	if (is_config)
		c->config_path = argv[++*at];
	else if (strncmp(arg, "--config=", 9) == 0)
		c->config_path = arg + 9;
	else if (strcmp(arg, "--json") == 0)
		c->json = true;
	else if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
		c->help = true;
	else if (strcmp(arg, "--version") == 0 || strcmp(arg, "-V") == 0)
		c->version = true;
	else
		*known = false;
	return true;
}

static bool own_option(struct ctl *c, int argc, char **argv, int *at)
{
	const char *arg = argv[*at], *equals = strchr(arg, '=');
	size_t n = equals ? (size_t)(equals - arg) : strlen(arg);
	const struct ctl_option *o = n > 2 && arg[1] == '-' ? find_option(c, arg + 2, n - 2) : NULL;

	if (!o && c->command)
		return err_set(&c->err, ERR_INVALID_INPUT, "%s has no option %.60s", c->command->words,
		               arg);
	if (!o)
		return err_set(&c->err, ERR_INVALID_INPUT, "There is no option %.60s before a command",
		               arg);
	if (o->type == OPT_FLAG)
		return !equals ? take_value(c, o, "") :
		       err_field(&c->err, o->name, "--%s takes no value", o->name);
	if (equals)
		return take_value(c, o, equals + 1);
	if (*at + 1 >= argc)
		return err_field(&c->err, o->name, "--%s needs a value: %s", o->name, o->arg);
	return take_value(c, o, argv[++*at]);
}

static bool own_argument(struct ctl *c, const char *arg)
{
	const struct ctl_option *o;

	for (o = c->command->options; o->name; o++)
		if (o->positional && !c->values[o - c->command->options].given)
			return take_value(c, o, arg);
	return err_set(&c->err, ERR_INVALID_INPUT, "%s takes no argument \"%.60s\"", c->command->words,
	               arg);
}

static bool check_required(struct ctl *c)
{
	const struct ctl_option *o;

	for (o = c->command->options; o->name; o++)
		if (o->required && !c->values[o - c->command->options].given)
			return err_field(&c->err, o->name, "%s needs %s%s%s%s", c->command->words,
			                 o->positional ? "" : "--", o->positional ? "" : o->name,
			                 o->positional ? "" : " ", o->arg);
	return true;
}

bool ctl_parse(struct ctl *c, int argc, char **argv)
{
	bool known, ok = true, words_only = false;
	int i;

	/* an error is told as JSON wherever --json stands */
	for (i = 1; i < argc; i++)
		c->json |= strcmp(argv[i], "--json") == 0;
	for (i = 1; ok && i < argc; i++) {
		if (!words_only && strcmp(argv[i], "--") == 0) {
			words_only = true;
		} else if (!words_only && is_option(argv[i])) {
			ok = global_option(c, argc, argv, &i, &known) &&
			     (known || own_option(c, argc, argv, &i));
		} else {
			ok = c->command ? own_argument(c, argv[i]) : take_word(c, argv[i]);
		}
	}
	if (!ok || c->help || c->version)
		return ok;
	if (!c->command)
		return c->group ? err_set(&c->err, ERR_INVALID_INPUT, "%s what?", c->group)
				: err_set(&c->err, ERR_INVALID_INPUT, "No command is given");
	return check_required(c);
}

const struct ctl_value *ctl_value(const struct ctl *c, const char *name)
{
	const struct ctl_option *o = find_option(c, name, strlen(name));

	INVARIANT(o, "a command asks for an option that it does not have");
	return &c->values[o - c->command->options];
}

bool ctl_given(const struct ctl *c, const char *name)
{
	return ctl_value(c, name)->given;
}

const char *ctl_text(const struct ctl *c, const char *name)
{
	return ctl_value(c, name)->text;
}

int64_t ctl_number(const struct ctl *c, const char *name, int64_t def)
{
	const struct ctl_value *v = ctl_value(c, name);

	return v->given ? v->number : def;
}

const int64_t *ctl_number_at(const struct ctl *c, const char *name)
{
	const struct ctl_value *v = ctl_value(c, name);

	return v->given ? &v->number : NULL;
}
