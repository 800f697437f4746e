/* Ids: a prefix and a ULID (48-bit milliseconds, 80 random bits; Crockford
 * base 32, 26 characters). In the database they are BINARY(16), in the API
 * "exec_01HXYZ…". ids made by one process within one millisecond increase. A connection's is made of the place that it
 * leads to (core/admin_connections.c) and tells no time. */
#ifndef AGENTIV_BASE_ID_H
#define AGENTIV_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_TEXT_SIZE 32   /* longest prefix, '_', 26 characters, NUL */

enum id_kind { ID_EXECUTION, ID_SCHEDULE, ID_USER, ID_KEY, ID_ENDPOINT, ID_EVENT,
               ID_CONNECTION, ID_DELIVERY, ID_REQUEST, ID_OWNER, ID_SESSION, ID_AUDIT, ID__MAX };

struct id { uint8_t b[16]; };

struct id id_make(void);                                     /* at clock_now_ms() */
struct id id_make_at(int64_t ms);
struct id id_floor(int64_t ms);                              /* smallest id of that millisecond */
int64_t   id_time_ms(const struct id *id);
void      id_format(enum id_kind kind, const struct id *id, char out[ID_TEXT_SIZE]);
bool      id_parse(enum id_kind kind, const char *text, struct id *out);   /* exact, upper case */
int       id_cmp(const struct id *a, const struct id *b);
const char *id_prefix(enum id_kind kind);                    /* "exec" */

#endif
