/* Strict JSON in (RFC 8259), json-c objects out. json-c's own tokener lets too
 * much through, so text is read by json_read and never by json-c.
 * Refused: invalid UTF-8, lone surrogates, \u0000, raw control characters,
 * duplicate keys, numbers that do not fit int64 or a finite double, nesting
 * past the depth, anything after the value, NUL bytes.
 *
 * Ownership: json_read returns a new reference; json_object_put releases it. */
#ifndef AGENTIV_BASE_JSON_H
#define AGENTIV_BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

#define JSON_DEPTH_MAX 32

/* A slice of the text: where a top-level member's value stands. p NULL: there is no such member. */
struct json_span { const char *p; size_t n; };

/* Parses text[0..n). On success *out is the value (NULL pointer for JSON null).
 * wanted (may be NULL): names of members of a top-level object, NULL-terminated; the
 * raw text of each is what stands in spans at its place, however many others there are.
 * depth is how many arrays and objects may stand within each other.
 * ERR_INVALID_INPUT says what is wrong and at which byte, the first being 0. */
bool json_read(const char *text, size_t n, int depth, struct json_object **out,
               const char *const *wanted, struct json_span *spans, struct error *err);

/* Typed getters on an object: an absent or null member leaves the default and
 * returns true; a wrong type is ERR_INVALID_INPUT naming path.key. */
bool json_get_str(struct json_object *o, const char *path, const char *key,
                  const char **out, struct error *err);
bool json_get_int(struct json_object *o, const char *path, const char *key,
                  int64_t min, int64_t max, int64_t *out, struct error *err);
bool json_get_bool(struct json_object *o, const char *path, const char *key,
                   bool *out, struct error *err);
bool json_get_num(struct json_object *o, const char *path, const char *key,
                  double *out, struct error *err);
bool json_get_obj(struct json_object *o, const char *path, const char *key,
                  struct json_object **out, struct error *err);    /* borrowed */
bool json_get_arr(struct json_object *o, const char *path, const char *key,
                  struct json_object **out, struct error *err);    /* borrowed */
/* Element i of an array, which must be a string; the error names path[i]. */
bool json_at_str(struct json_object *array, const char *path, size_t i, const char **out, struct error *err);
/* Overwrites the text of a member that is a secret, before the object is given back. No object, no such text:
 * nothing. */
void json_wipe_str(struct json_object *o, const char *key);
/* ERR_INVALID_INPUT names the first member that is not in known[] (NULL-terminated). */
bool json_only_known(struct json_object *o, const char *path, const char *const *known,
                     struct error *err);
/* Reads a body: an object with no other members than known[]. The caller releases *out, whatever is returned: what was
 * read, so that a secret in it can be overwritten first, or NULL. */
bool json_read_members(const char *text, size_t n, const char *const *known, struct json_object **out,
                       struct error *err);

/* Writing: straight into a buffer, commas kept by the writer. */
struct json_out { struct buf *b; unsigned depth; uint64_t has_member; };
void json_begin(struct json_out *w, struct buf *b);
void json_obj_open(struct json_out *w, const char *key);    /* key NULL inside arrays and at the top */
void json_obj_close(struct json_out *w);
void json_arr_open(struct json_out *w, const char *key);
void json_arr_close(struct json_out *w);
void json_put_str(struct json_out *w, const char *key, const char *value);   /* NULL writes null */
void json_put_strn(struct json_out *w, const char *key, const char *value, size_t n);
void json_put_int(struct json_out *w, const char *key, int64_t value);
void json_put_num(struct json_out *w, const char *key, double value);        /* shortest that reads back */
void json_put_bool(struct json_out *w, const char *key, bool value);
void json_put_null(struct json_out *w, const char *key);
void json_put_opt_int(struct json_out *w, const char *key, bool known, int64_t value);       /* else null */
void json_put_id(struct json_out *w, const char *key, enum id_kind kind, const struct id *id);
void json_put_opt_id(struct json_out *w, const char *key, bool known, enum id_kind kind, const struct id *id);
void json_put_time(struct json_out *w, const char *key, int64_t ms);         /* 0 writes null */
void json_put_raw(struct json_out *w, const char *key, const char *json, size_t n);  /* checked JSON text */
void json_put_value(struct json_out *w, const char *key, struct json_object *value); /* a json-c tree */

/* For people: a line for each member and element, two blanks for each level. */
void json_add_indented(struct buf *b, struct json_object *value);

/* Quotes s as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_quote(struct buf *b, const char *s, size_t n);

/* Is p[0..n) valid UTF-8 (RFC 3629)? */
bool json_utf8_valid(const char *p, size_t n);

#endif
