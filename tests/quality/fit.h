/* Fitting linear models: rows of features, logistic regression, tables. One thread; what is read lives to the end. */
#ifndef AGENTIV_TESTS_QUALITY_FIT_H
#define AGENTIV_TESTS_QUALITY_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "agents/email_triage_model.h"

struct row {
	uint64_t *ids;          /* ascending, each once */
	unsigned *at;           /* those that are in the vocabulary, as positions in it */
	unsigned id_count, count, room;
	bool yes, hard, bare;   /* bare: its text alone */
	uint64_t author;        /* rows of one author count once for how frequent a feature is */
	double cost;            /* of getting it wrong */
	unsigned fold;
	char *name;
	double logit;           /* by the model that did not see it */
};

struct rows { struct row *all; unsigned count, room; };

struct word { uint64_t id; unsigned authors; };
struct vocabulary { struct word *all; unsigned count; };

struct model { double *w; unsigned n; double bias; };

struct settings {
	const char *what;              /* "spam", "request" */
	unsigned least;                /* authors that a feature must have */
	double penalty;                /* of the squared weights */
	double plain;                  /* struct model_table */
	double ham_cost, hard_cost, bare_cost;    /* of a row that is not, in rows that are; of one that is easily taken for one */
	bool fixed;                    /* the bias is given, … */
	double bias;                   /* … the log-odds of a text in which nothing is known */
	unsigned bits;                 /* of the table */
	unsigned cut;                  /* one weight in so many is cut to fit it */
	unsigned folds;
};

struct row *row_add(struct rows *r, bool yes, uint64_t author);
/* A feature_fn for a struct row. */
void row_feature(void *row, uint64_t id, const char *text, size_t n);
void row_close(struct row *r);
void rows_release(struct rows *r);

/* Features that enough authors have, ascending. skip: rows of this fold are not looked at (-1: none). */
void vocabulary_make(struct vocabulary *v, const struct rows *r, unsigned least, int skip);
void vocabulary_release(struct vocabulary *v);
void rows_index(struct rows *r, const struct vocabulary *v);

/* Minimises the logistic loss by L-BFGS; rows of the fold skip are left out. */
void learn(struct model *m, const struct rows *r, const struct settings *s, unsigned n, int skip);
double apply(const struct model *m, const struct row *r, double plain);

/* Keeps in v what gets a slot of its own in a table, the weightiest first. */
void table_choose(struct vocabulary *v, const struct model *m, unsigned bits);
/* Weights as the table holds them. */
double table_round(struct model *m, unsigned cut);
/* Writes the generated source to stdout; v, m: chosen and rounded. */
void table_write(const struct vocabulary *v, const struct model *m, const struct settings *s, double step,
                 const char *origin);

#endif
