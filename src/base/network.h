/* Addresses and networks of IPv4 and IPv6. Every address is 16 bytes of IPv6, an IPv4 one in its mapped form, so that
 * networks of both are matched by one function. */
#ifndef AGENTIV_BASE_NETWORK_H
#define AGENTIV_BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT_SIZE 46      /* INET6_ADDRSTRLEN */
#define NETWORK_TEXT_SIZE 50      /* the same and "/128" */

struct address { uint8_t b[16]; };
struct network { struct address address; unsigned bits; };   /* bits of the 128; what follows them is zero */

struct address address_from_v4(const void *v4);               /* four bytes in network order */
/* bits, which may be NULL: how many an address of its kind has, 32 or 128. */
bool address_parse(const char *text, struct address *out, unsigned *bits);
bool address_is_v4(const struct address *a);
void address_format(const struct address *a, char out[ADDRESS_TEXT_SIZE]);

/* "10.0.0.0/8", or an address alone; what its bits do not cover is cleared. */
bool network_parse(const char *text, size_t n, struct network *out);
/* In one form: an address alone without its bits, those of IPv4 counted from 32. */
void network_format(const struct network *net, char out[NETWORK_TEXT_SIZE]);
/* What one client has: an IPv4 address, or the network of so many bits that an IPv6 one is in. */
struct network network_of_client(const struct address *a, unsigned v6_bits);
bool network_holds(const struct network *net, const struct address *a);

#endif
