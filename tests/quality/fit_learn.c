/* Logistic regression with a penalty on the squares of the weights, by L-BFGS (Liu and Nocedal 1989). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit.h"

#define MEMORY     10        /* steps that are remembered */
#define STEPS      200
#define GOOD       1e-5      /* of the gradient, beside the weights */

/* ---- Rows ---- */

struct row *row_add(struct rows *r, bool yes, uint64_t author)
{
	struct row *row;

	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 1024;
		r->all = mem_grow(r->all, r->room * sizeof *r->all);
	}
	row = &r->all[r->count++];
	memset(row, 0, sizeof *row);
	row->yes = yes;
	row->author = author;
	row->cost = 1;
	return row;
}

void row_feature(void *ctx, uint64_t id, const char *text, size_t n)
{
	struct row *row = ctx;

	if (row->id_count == row->room) {
		row->room = row->room ? 2 * row->room : 256;
		row->ids = mem_grow(row->ids, row->room * sizeof *row->ids);
	}
	row->ids[row->id_count++] = id;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void row_close(struct row *r)
{
	unsigned i, n = 0;

	qsort(r->ids, r->id_count, sizeof *r->ids, by_id);
	for (i = 0; i < r->id_count; i++)
		if (n == 0 || r->ids[n - 1] != r->ids[i])
			r->ids[n++] = r->ids[i];
	r->id_count = n;
	r->at = mem_array(n + 1, sizeof *r->at);
}

void rows_release(struct rows *r)
{
	unsigned i;

	for (i = 0; i < r->count; i++) {
		mem_free(r->all[i].ids);
		mem_free(r->all[i].at);
		mem_free(r->all[i].name);
	}
	mem_free(r->all);
}

/* ---- Vocabulary ---- */

struct use { uint64_t id, author; };

static int by_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->author > y->author) - (x->author < y->author);
}

void vocabulary_make(struct vocabulary *v, const struct rows *r, unsigned least, int skip)
{
	struct use *all;
	size_t n = 0, i, k;

	for (i = 0; i < r->count; i++)
		n += r->all[i].id_count;
	all = mem_array(n + 1, sizeof *all);
	for (n = i = 0; i < r->count; i++)
		for (k = 0; k < r->all[i].id_count && (int)r->all[i].fold != skip; k++)
			all[n++] = (struct use){r->all[i].ids[k], r->all[i].author};
	qsort(all, n, sizeof *all, by_use);
	v->all = mem_array(n + 1, sizeof *v->all);
	v->count = 0;
	for (i = 0; i < n; i = k) {
		unsigned authors = 0;

		for (k = i; k < n && all[k].id == all[i].id; k++)
			authors += k == i || all[k].author != all[k - 1].author;
		if (authors >= least)
			v->all[v->count++] = (struct word){all[i].id, authors};
	}
	mem_free(all);
}

void vocabulary_release(struct vocabulary *v)
{
	mem_free(v->all);
	v->all = NULL;
	v->count = 0;
}

/* Both are ascending. */
void rows_index(struct rows *r, const struct vocabulary *v)
{
	unsigned i, k, at;

	for (i = 0; i < r->count; i++) {
		struct row *row = &r->all[i];

		row->count = 0;
		for (k = at = 0; k < row->id_count; k++) {
			size_t low = at, high = v->count;

			while (low < high) {
				size_t middle = (low + high) / 2;

				if (v->all[middle].id < row->ids[k])
					low = middle + 1;
				else
					high = middle;
			}
			at = (unsigned)low;
			if (at < v->count && v->all[at].id == row->ids[k])
				row->at[row->count++] = at;
		}
	}
}

/* ---- The loss ---- */

double apply(const struct model *m, const struct row *r, double plain)
{
	double sum = 0;
	unsigned k;

	for (k = 0; k < r->count; k++)
		sum += m->w[r->at[k]];
	return m->bias + sum / sqrt(r->count + plain);
}

struct problem { const struct rows *rows; const struct settings *s; unsigned n; int skip; };

/* x[0..n) the weights, x[n] the bias, which is free unless it is given. Returns the loss, its gradient in g. */
static double loss(const struct problem *p, const double *x, double *g)
{
	struct model m = {(double *)(uintptr_t)x, p->n, x[p->n]};
	double sum = 0;
	unsigned i, k;

	for (i = 0; i < p->n; i++) {
		sum += 0.5 * p->s->penalty * x[i] * x[i];
		g[i] = p->s->penalty * x[i];
	}
	g[p->n] = 0;
	for (i = 0; i < p->rows->count; i++) {
		const struct row *r = &p->rows->all[i];
		double z, wrong, share;

		if ((int)r->fold == p->skip)
			continue;
		z = apply(&m, r, p->s->plain) * (r->yes ? 1 : -1);
		sum += r->cost * (z > 0 ? log1p(exp(-z)) : -z + log1p(exp(z)));
		wrong = r->cost * (r->yes ? -1 : 1) / (1 + exp(z));
		share = wrong / sqrt(r->count + p->s->plain);
		for (k = 0; k < r->count; k++)
			g[r->at[k]] += share;
		g[p->n] += wrong;
	}
	if (p->s->fixed)
		g[p->n] = 0;
	return sum;
}

/* ---- L-BFGS ---- */

static double dot(const double *a, const double *b, unsigned n)
{
	double sum = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static void add(double *a, const double *b, double times, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		a[i] += times * b[i];
}

struct memory { double *s[MEMORY], *y[MEMORY], rho[MEMORY]; unsigned count; };

/* d = -H g */
static void direction(const struct memory *h, const double *g, double *d, unsigned n)
{
	unsigned used = h->count < MEMORY ? h->count : MEMORY, i;
	double alpha[MEMORY];

	for (i = 0; i < n; i++)
		d[i] = -g[i];
	for (i = 0; i < used; i++) {
		unsigned k = (h->count - 1 - i) % MEMORY;

		alpha[k] = h->rho[k] * dot(h->s[k], d, n);
		add(d, h->y[k], -alpha[k], n);
	}
	if (used > 0) {
		unsigned k = (h->count - 1) % MEMORY;
		double scale = 1 / (h->rho[k] * dot(h->y[k], h->y[k], n));

		for (i = 0; i < n; i++)
			d[i] *= scale;
	}
	for (i = used; i-- > 0; ) {
		unsigned k = (h->count - 1 - i) % MEMORY;

		add(d, h->s[k], alpha[k] - h->rho[k] * dot(h->y[k], d, n), n);
	}
}

/* One step along d; false when none makes the loss smaller. */
static bool step(const struct problem *p, struct memory *h, double *x, double *g, double *d, double *value)
{
	unsigned n = p->n + 1, k = h->count % MEMORY, tries, i;
	double slope = dot(g, d, n), t = h->count ? 1 : 1 / (1 + sqrt(dot(g, g, n)));
	double *next = mem_array(n, sizeof *next), *ng = mem_array(n, sizeof *ng), v = 0;
	bool done = false;

	for (tries = 0; tries < 30 && !done; tries++, t /= 2) {
		memcpy(next, x, n * sizeof *x);
		add(next, d, t, n);
		v = loss(p, next, ng);
		done = v <= *value + 1e-4 * t * slope;
	}
	if (done) {
		for (i = 0; i < n; i++) {
			h->s[k][i] = next[i] - x[i];
			h->y[k][i] = ng[i] - g[i];
		}
		h->rho[k] = 1 / dot(h->s[k], h->y[k], n);
		h->count++;
		memcpy(x, next, n * sizeof *x);
		memcpy(g, ng, n * sizeof *g);
		*value = v;
	}
	mem_free(next);
	mem_free(ng);
	return done;
}

void learn(struct model *m, const struct rows *r, const struct settings *s, unsigned n, int skip)
{
	struct problem p = {r, s, n, skip};
	struct memory h = {.count = 0};
	double *x = mem_array(n + 1, sizeof *x), *g = mem_array(n + 1, sizeof *g), *d = mem_array(n + 1, sizeof *d), value;
	unsigned i;

	for (i = 0; i < MEMORY; i++) {
		h.s[i] = mem_array(n + 1, sizeof *x);
		h.y[i] = mem_array(n + 1, sizeof *x);
	}
	x[n] = s->fixed ? s->bias : 0;
	value = loss(&p, x, g);
	for (i = 0; i < STEPS; i++) {
		if (dot(g, g, n + 1) <= GOOD * GOOD * (1 + dot(x, x, n + 1)))
			break;
		direction(&h, g, d, n + 1);
		if (!step(&p, &h, x, g, d, &value))
			break;
	}
	for (i = 0; i < MEMORY; i++) {
		mem_free(h.s[i]);
		mem_free(h.y[i]);
	}
	mem_free(g);
	mem_free(d);
	m->w = x;
	m->n = n;
	m->bias = x[n];
}
