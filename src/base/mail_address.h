/* Mail addresses, as far as their form tells that mail can be sent to them. */
#ifndef AGENTIV_BASE_MAIL_ADDRESS_H
#define AGENTIV_BASE_MAIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define MAIL_ADDRESS_SIZE 255
#define MAIL_NAME_SIZE    201

/* One @, a local part of ASCII without blanks and quotes, a domain of letters, digits, dots and hyphens. */
bool mail_address_valid(const char *text, size_t n);

/* "Ada <a@b.example>" or "a@b.example"; a name may stand in quotes, which are taken off, and is UTF-8 without control
 * characters. */
struct mail_address { char name[MAIL_NAME_SIZE], address[MAIL_ADDRESS_SIZE]; };   /* name "": none */
bool mail_address_parse(const char *text, struct mail_address *out);

#endif
