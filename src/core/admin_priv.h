/* Shared by the files of the operator's side. */
#ifndef AGENTIV_CORE_ADMIN_PRIV_H
#define AGENTIV_CORE_ADMIN_PRIV_H

#include "core/admin.h"
#include "core/bells.h"

/* 1 to 200 bytes of UTF-8 without control characters. */
bool admin_check_name(const char *name, struct error *err);

#endif
