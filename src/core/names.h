/* Names that people give: of users, keys, endpoints. */
#ifndef AGENTIV_CORE_NAMES_H
#define AGENTIV_CORE_NAMES_H

#include "base/err.h"

/* 1 to 200 bytes of UTF-8 without control characters; ERR_INVALID_INPUT names the field "name". */
bool name_check(const char *name, struct error *err);

#endif
