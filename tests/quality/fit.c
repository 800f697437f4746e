/* quality_fit spam|request|urgent [--cross] [NAME=VALUE…]: fits a model on the rows of standard input, writes its table to
 * standard output. --cross: instead, judges each row by a model that did not see it and prints the figures; --list: each row's
 * too. A row is "1<TAB>FILE" (spam), "1<TAB>SENTENCE" (request), "1<TAB>p<TAB>SUBJECT<TAB>TEXT" (urgent; p: a program wrote it,
 * h: a person; lines of the text end in a form feed) or "0<TAB>f<TAB>FILE", 0 for what is not. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/email_triage_request.h"
#include "agents/email_triage_spam.h"
#include "agents/email_triage_urgent.h"
#include "base/buf.h"
#include "base/mem.h"
#include "fit.h"
#include "integrations/mail.h"

#define FILE_MAX (4u << 20)

static void stop(const char *what, const char *which)
{
	fprintf(stderr, "quality_fit: %s: %s\n", which, what);
	exit(1);
}

static void take_mail(struct rows *rows, const struct mail *m, bool wire, char label, const char *path)
{
	struct row *row = row_add(rows, label == '1', feature_of(0, m->from.addr, strlen(m->from.addr)));

	row->name = mem_strdup(path);
	row->hard = label == 'h';
	row->bare = !wire;
	spam_features(m, wire && spam_has_wire(m), row_feature, row);
	row_close(row);
}

static void open_mail(struct mail *m, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = mem_alloc(FILE_MAX);
	size_t n = f ? fread(text, 1, FILE_MAX, f) : 0;

	if (!f || n == 0)
		stop(strerror(errno), path);
	fclose(f);
	mail_parse(m, text, n, false);
	mem_free(text);
}

/* Each mail twice: as it came, and as it is when only its text is given, so that the model knows both. */
static void read_mail(struct rows *rows, char label, const char *path)
{
	struct mail m;

	open_mail(&m, path);
	take_mail(rows, &m, true, label, path);
	take_mail(rows, &m, false, label, path);
	mail_release(&m);
}

/* The sentences of one author cannot be told: each is its own. */
static void read_sentence(struct rows *rows, bool yes, const char *s)
{
	size_t n = strlen(s);
	struct row *row = row_add(rows, yes, rows->count);

	row->name = mem_strdup(s);
	request_features(s, n, request_is_question(s, n), request_cues(s, n), row_feature, row);
	row_close(row);
}

/* As the program reads a mail. */
static void take_urgency(struct rows *rows, bool yes, struct mail *m, bool program, const char *name)
{
	struct row *row = row_add(rows, yes, rows->count);
	struct sentences *s = mem_alloc(sizeof *s);

	sentences_init(s);
	sentences_add(s, &m->arena, m->subject, true);
	sentences_add(s, &m->arena, mail_own_text(m), false);
	row->name = mem_strdup(name);
	urgent_features(s, program, row_feature, row);
	row_close(row);
	mem_free(s);
}

/* "p<TAB>SUBJECT<TAB>TEXT" */
static void read_told(struct rows *rows, bool yes, char *line)
{
	char *subject = line + 2, *text = strchr(subject, '\t'), *p;
	struct mail m;
	struct buf raw;

	if (!text)
		stop("has no text", line);
	*text++ = '\0';
	for (p = text; (p = strchr(p, '\f')) != NULL; )
		*p = '\n';
	buf_init(&raw, 1u << 20);
	buf_addf(&raw, "Subject: %s\nContent-Type: text/plain; charset=utf-8\n\n%s\n", subject, text);
	mail_parse(&m, raw.data, raw.len, false);
	take_urgency(rows, yes, &m, *line == 'p', subject);
	mail_release(&m);
	buf_release(&raw);
}

/* "f<TAB>FILE": what comes through a list is a program's as far as can be told. */
static void read_kept(struct rows *rows, bool yes, const char *path)
{
	struct mail m;

	open_mail(&m, path);
	take_urgency(rows, yes, &m, mail_header(&m, "List-Id") || mail_header(&m, "Precedence"), path);
	mail_release(&m);
}

static void read_urgency(struct rows *rows, bool yes, char *line)
{
	if (*line == 'f')
		read_kept(rows, yes, line + 2);
	else
		read_told(rows, yes, line);
}

static void read_rows(struct rows *rows, const struct settings *s)
{
	static char line[65536];

	while (fgets(line, sizeof line, stdin)) {
		if (!strchr(line, '\n') && !feof(stdin))
			stop("is too long", "a row");
		line[strcspn(line, "\n")] = '\0';
		if (!strchr("01h", line[0]) || line[1] != '\t')
			stop("is no row", line);
		if (strcmp(s->what, "spam") == 0)
			read_mail(rows, line[0], line + 2);
		else if (strcmp(s->what, "urgent") == 0)
			read_urgency(rows, line[0] == '1', line + 2);
		else
			read_sentence(rows, line[0] == '1', line + 2);
	}
}

/* Each row's fold by a count that does not depend on the order's origin. */
static void deal(struct rows *rows, const struct settings *s)
{
	unsigned i, n = 0;

	for (i = 0; i < rows->count; i++) {
		struct row *r = &rows->all[i];

		if (!r->bare)
			n++;
		r->fold = (n * 7 + n / s->folds) % s->folds;
		r->cost = (r->yes ? 1 : r->hard ? s->hard_cost : s->ham_cost) * (r->bare ? s->bare_cost : 1);
	}
}

/* The model as it will stand in the program: what finds a slot, fitted again without the rest, rounded. */
static double fit(struct rows *rows, const struct settings *s, int skip, struct vocabulary *v, struct model *m)
{
	vocabulary_make(v, rows, s->least, skip);
	rows_index(rows, v);
	learn(m, rows, s, v->count, skip);
	table_choose(v, m, s->bits);
	mem_free(m->w);
	rows_index(rows, v);
	learn(m, rows, s, v->count, skip);
	return table_round(m, s->cut);
}

static int by_logit(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	return ((*x)->logit < (*y)->logit) - ((*x)->logit > (*y)->logit);
}

/* Found at this many taken wrongly; and the best F1. */
static void print_figures(const struct rows *rows, bool bare)
{
	const struct row **all = mem_array(rows->count + 1, sizeof(const struct row *));
	unsigned i, n = 0, yes = 0, found = 0, wrong = 0, over[2] = {0};
	double best = 0, best_at = 0, loss = 0;

	for (i = 0; i < rows->count; i++) {
		const struct row *r = &rows->all[i];

		if (r->bare != bare)
			continue;
		all[n++] = r;
		yes += r->yes;
		loss += log1p(exp(r->yes ? -r->logit : r->logit));
		over[r->yes] += r->logit > 0;
	}
	if (n == 0) {
		mem_free(all);
		return;
	}
	printf("%u rows%s, %u yes; loss %.4f; above 0: recall %.4f, wrong %u, F1 %.4f\n", n, bare ? " (text alone)" : "", yes,
	       loss / n, (double)over[1] / yes, over[0], 2.0 * over[1] / (over[1] + over[0] + yes));
	qsort(all, n, sizeof(const struct row *), by_logit);
	for (i = 0; i < n; i++) {
		double f1;

		if (!all[i]->yes && (wrong == 0 || wrong == 2 || wrong == 5 || wrong == 10 || wrong == 16))
			printf("  %u wrong: recall %.4f, logit %.3f\n", wrong, (double)found / yes, all[i]->logit);
		found += all[i]->yes;
		wrong += !all[i]->yes;
		f1 = 2.0 * found / (found + wrong + yes);
		if (f1 > best) {
			best = f1;
			best_at = all[i]->logit;
		}
	}
	printf("  best F1 %.4f at logit %.3f\n", best, best_at);
	mem_free(all);
}

static void print_rows(const struct rows *rows)
{
	unsigned i;

	for (i = 0; i < rows->count; i++)
		printf("%c%d %.3f %u %s\n", rows->all[i].bare ? 'b' : ' ', rows->all[i].yes, rows->all[i].logit, rows->all[i].count,
		       rows->all[i].name);
}

static void cross(struct rows *rows, const struct settings *s, bool listing)
{
	unsigned fold, i;

	for (fold = 0; fold < s->folds; fold++) {
		struct vocabulary v;
		struct model m;

		fit(rows, s, (int)fold, &v, &m);
		for (i = 0; i < rows->count; i++)
			if (rows->all[i].fold == fold)
				rows->all[i].logit = apply(&m, &rows->all[i], s->plain);
		mem_free(m.w);
		vocabulary_release(&v);
	}
	print_figures(rows, false);
	print_figures(rows, true);
	if (listing)
		print_rows(rows);
}

static void take_setting(struct settings *s, const char *arg)
{
	const struct { const char *name; double *real; unsigned *whole; } all[] = {
		{"penalty=", &s->penalty, NULL}, {"plain=", &s->plain, NULL}, {"bias=", &s->bias, NULL},
		{"ham_cost=", &s->ham_cost, NULL}, {"hard_cost=", &s->hard_cost, NULL}, {"bare_cost=", &s->bare_cost, NULL},
		{"least=", NULL, &s->least}, {"bits=", NULL, &s->bits}, {"folds=", NULL, &s->folds}, {"cut=", NULL, &s->cut},
	};
	unsigned i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (strncmp(arg, all[i].name, strlen(all[i].name)) == 0) {
			double value = strtod(arg + strlen(all[i].name), NULL);

			if (all[i].real)
				*all[i].real = value;
			else
				*all[i].whole = (unsigned)value;
			return;
		}
	stop("is no setting", arg);
}

int main(int argc, char **argv)
{
	static struct settings known[] = {
		{.what = "spam", .fixed = true, .bias = -3, .least = 4, .penalty = 0.003, .plain = 45,
		 .ham_cost = 1, .hard_cost = 12, .bare_cost = 0.2, .bits = 15, .cut = 1000, .folds = 10},
		{.what = "request", .least = 2, .penalty = 0.1, .plain = 10, .ham_cost = 1, .bare_cost = 1,
		 .bits = 14, .cut = 100000, .folds = 10},
		{.what = "urgent", .least = 2, .penalty = 0.01, .plain = 120, .ham_cost = 1, .bare_cost = 1,
		 .bits = 15, .cut = 1000, .folds = 10},
	};
	struct settings *s = &known[0];
	struct rows rows = {NULL, 0, 0};
	struct vocabulary v;
	struct model m;
	bool crossing = false, listing = false;
	double rounding;
	int i;

	for (i = 0; argc > 1 && i < (int)(sizeof known / sizeof *known); i++)
		if (strcmp(argv[1], known[i].what) == 0)
			s = &known[i];
	for (i = 2; i < argc; i++)
		if (strcmp(argv[i], "--cross") == 0)
			crossing = true;
		else if (strcmp(argv[i], "--list") == 0)
			crossing = listing = true;
		else
			take_setting(s, argv[i]);
	read_rows(&rows, s);
	deal(&rows, s);
	if (crossing) {
		cross(&rows, s, listing);
	} else {
		rounding = fit(&rows, s, -1, &v, &m);
		table_write(&v, &m, s, rounding, getenv("FIT_ORIGIN") ? getenv("FIT_ORIGIN") : "standard input");
		mem_free(m.w);
		vocabulary_release(&v);
	}
	rows_release(&rows);
	return 0;
}
