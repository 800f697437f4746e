/* What schema_compile.c makes and schema_check.c reads. */
#ifndef AGENTIV_BASE_SCHEMA_PRIV_H
#define AGENTIV_BASE_SCHEMA_PRIV_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "base/arena.h"
#include "base/schema.h"

enum schema_type {
	TYPE_NULL = 1, TYPE_BOOLEAN = 2, TYPE_OBJECT = 4, TYPE_ARRAY = 8, TYPE_NUMBER = 16,
	TYPE_STRING = 32, TYPE_INTEGER = 64
};

struct schema_node;

/* A named format: the test and the words for "must be …". */
struct schema_format {
	const char *name;
	bool (*fits)(const char *s, size_t n);
	const char *words;
};

struct schema_list { struct schema_node **at; size_t n; };

struct schema_property { const char *name; struct schema_node *node; };

struct schema_pattern {
	struct schema_pattern *next;    /* all of the schema's, for regfree */
	const char *text;
	regex_t regex;
};

/* Where a schema stands, and the resource ($id) its references are relative to. */
struct schema_place { struct json_object *source, *base; };

/* One schema object or boolean. json-c values are borrowed from the schema's source; a NULL pointer, an
 * empty list and a count of -1 stand for keywords that are absent. */
struct schema_node {
	struct schema_place place;
	UT_hash_handle hh;
	bool  refuses;                  /* the schema `false` */
	bool  has_const;
	bool  unique_items;
	unsigned char walk;             /* while compiling: see in_place_loop */
	unsigned types;                 /* enum schema_type, 0 for any */
	struct json_object *constant, *enumeration;
	const char *choices;            /* of const or enum, in words */
	struct json_object *minimum, *maximum, *exclusive_minimum, *exclusive_maximum, *multiple_of;
	int64_t min_length, max_length, min_items, max_items, min_properties, max_properties;
	const struct schema_format *format;
	struct schema_pattern *pattern;
	struct schema_list prefix_items, any_of, one_of, all_of;
	struct schema_node *items, *additional, *property_names, *ref, *not;
	struct schema_node *condition, *consequent, *alternative;      /* if, then, else */
	struct schema_property *properties;    /* in order of names */
	size_t property_count;
	struct json_object *required;
};

struct schema {
	struct arena arena;             /* nodes and what they point at */
	struct json_object *source;     /* our reference */
	struct schema_node *root;
	struct schema_pattern *patterns;
};

/* The format with this name, or NULL. */
const struct schema_format *schema_format_find(const char *name);

/* Compiling and matching see characters, not bytes, whatever the process's locale. */
bool schema_pattern_compile(struct schema_pattern *p, const char *text, const char **problem);
bool schema_pattern_fits(const struct schema_pattern *p, const char *s);

/* The type of a value; TYPE_INTEGER comes with TYPE_NUMBER, for 1.0 too. */
unsigned schema_type_of(struct json_object *value);

/* Equal as JSON values: 1 and 1.0 are, and so are objects in any order. */
bool schema_equal(struct json_object *a, struct json_object *b);
int  schema_compare_numbers(struct json_object *a, struct json_object *b);
bool schema_is_multiple(struct json_object *value, struct json_object *of);
bool schema_all_differ(struct json_object *array);

#endif
