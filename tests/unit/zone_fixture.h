/* Zones as no country has them: TZif files that a test makes. */
#ifndef AGENTIV_TESTS_ZONE_FIXTURE_H
#define AGENTIV_TESTS_ZONE_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/zone.h"

#define FX_ZONE_CHANGES 32
#define FX_ZONE_FILE    1024

struct fx_change { int64_t at; int32_t offset; };        /* UTC seconds; from then on */

/* A file of version 2: first is the offset before the changes, footer the rule after them (may be empty). Returns its bytes. */
size_t fx_zone_file(int32_t first, const struct fx_change *changes, unsigned n, const char *footer, unsigned char out[FX_ZONE_FILE]);

/* The zone that such bytes are; NULL: none. */
struct zone *fx_zone_read(const unsigned char *file, size_t n);
struct zone *fx_zone(int32_t first, const struct fx_change *changes, unsigned n, const char *footer);

#endif
