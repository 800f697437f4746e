/* Schemas compiled: JSON to nodes, every keyword known and well-formed. */
#include "base/schema_compile_priv.h"

#include "base/buf.h"
#include "base/mem.h"

#define NESTING_MAX 512    /* schemas within or referring to each other; bounds the stack */

static void write_pointer(struct buf *b, const struct where *at)
{
	if (!at) {
		buf_addc(b, '#');
		return;
	}
	write_pointer(b, at->up);
	buf_addc(b, '/');
	if (at->key)
		buf_adds(b, at->key);
	else
		buf_add_int(b, (long long)at->index);
}

bool schema_refuse(struct compiler *c, const struct where *at, const char *what, const char *more)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	write_pointer(&b, at);
	err_field(c->err, buf_str(&b), "Schema %s: %s%s", buf_str(&b), what, more);
	buf_release(&b);
	return false;
}

static bool take_keyword(struct compiler *c, struct schema_node *n, const char *name,
                         struct json_object *value, const struct where *up)
{
	struct where at = {.up = up, .key = name};
	const struct keyword *k = schema_keyword(name);

	return k ? k->compile(c, n, value, k->offset, &at)
	         : schema_refuse(c, &at, "this keyword is not supported", "");
}

static struct schema_node *new_node(struct compiler *c, struct schema_place place)
{
	struct schema_node *n = arena_alloc(&c->schema->arena, sizeof *n);

	n->place = place;
	n->min_length = n->max_length = n->min_items = n->max_items = -1;
	n->min_properties = n->max_properties = -1;
	HASH_ADD(hh, c->nodes, place, sizeof n->place, n);
	return n;
}

struct schema_node *schema_compile_node(struct compiler *c, struct json_object *source,
                                        struct json_object *base, const struct where *at)
{
	struct schema_place place = {source, schema_has_id(source) ? source : base};
	struct schema_node *n;

	HASH_FIND(hh, c->nodes, &place, sizeof place, n);
	if (n)
		return n;
	if (c->nesting == NESTING_MAX) {
		schema_refuse(c, at, "too many schemas refer to each other", "");
		return NULL;
	}
	n = new_node(c, place);
	if (json_object_is_type(source, json_type_boolean)) {
		n->refuses = !json_object_get_boolean(source);
		return n;
	}
	if (!json_object_is_type(source, json_type_object)) {
		schema_refuse(c, at, "a schema must be an object, true or false", "");
		return NULL;
	}
	c->nesting++;
	json_object_object_foreach(source, name, value)
		if (!take_keyword(c, n, name, value, at))
			return NULL;
	c->nesting--;
	return n;
}

/* --- schemas that would be applied to the same value for ever --- */

enum walk { WALK_NOT_YET, WALK_INSIDE, WALK_DONE };

static bool in_place_loop(struct schema_node *n, unsigned depth)
{
	const struct schema_list *lists[] = {&n->any_of, &n->one_of, &n->all_of};
	struct schema_node *const same[] = {n->ref, n->not, n->condition, n->consequent, n->alternative};
	size_t i, k;

	if (n->walk == WALK_DONE)
		return false;
	if (n->walk == WALK_INSIDE || depth == NESTING_MAX)
		return true;
	n->walk = WALK_INSIDE;
	for (i = 0; i < sizeof same / sizeof *same; i++)
		if (same[i] && in_place_loop(same[i], depth + 1))
			return true;
	for (i = 0; i < sizeof lists / sizeof *lists; i++)
		for (k = 0; k < lists[i]->n; k++)
			if (in_place_loop(lists[i]->at[k], depth + 1))
				return true;
	n->walk = WALK_DONE;
	return false;
}

static bool check_loops(struct compiler *c)
{
	struct schema_node *n, *next;

	HASH_ITER(hh, c->nodes, n, next)
		if (in_place_loop(n, 0))
			return schema_refuse(c, NULL, "a $ref leads back to itself without a step into the value", "");
	return true;
}

struct schema *schema_compile(struct json_object *source, struct error *err)
{
	struct schema *s = mem_zalloc(sizeof *s);
	struct compiler c = {.schema = s, .err = err};
	bool ok;

	arena_init(&s->arena);
	s->source = json_object_get(source);
	s->root = schema_compile_node(&c, source, source, NULL);
	ok = s->root && check_loops(&c);
	HASH_CLEAR(hh, c.nodes);
	if (ok)
		return s;
	schema_free(s);
	return NULL;
}

void schema_free(struct schema *s)
{
	struct schema_pattern *p;

	if (!s)
		return;
	for (p = s->patterns; p; p = p->next)
		regfree(&p->regex);
	arena_release(&s->arena);
	json_object_put(s->source);
	mem_free(s);
}
