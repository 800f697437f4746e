#include "net/gate.h"

#include <stdio.h>
#include <sys/socket.h>

/* The one place where an address is decided on: it sees the one really connected to, after every trick with names
 * and radixes. */
static curl_socket_t on_open(void *gate, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct gate *g = gate;
	struct error err;
	bool ok = g->operators_own || outbound_check_address(g->rules, &address->addr, &err);

	if (ok && g->only_named && !outbound_names_address(g->rules, &address->addr))
		ok = err_set(&err, ERR_INVALID_INPUT, "The address is in no network that outbound.allow_networks names");
	if (!ok) {
		snprintf(g->why, sizeof g->why, "%s", err.message);
		g->refused++;
		return CURL_SOCKET_BAD;
	}
	g->opened++;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void gate_reset(struct gate *g)
{
	g->opened = g->refused = 0;
	g->why[0] = '\0';
}

#define SET(option, value) (code == CURLE_OK ? (code = curl_easy_setopt(easy, option, value)) : code)

CURLcode gate_set_up(CURL *easy, struct gate *g, const char *protocols, const char *ca_file)
{
	CURLcode code = CURLE_OK;

	SET(CURLOPT_PROTOCOLS_STR, protocols);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* a name that is still being resolved when the time is over must not hold up who waits */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, g);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca_file)
		SET(CURLOPT_CAINFO, ca_file);
	/* of a file alone the certificates are read once for all connections of a loop, and not for each: with hundreds of
	 * handshakes a second nothing else would be done */
	if (ca_file || curl_version_info(CURLVERSION_NOW)->cainfo)
		SET(CURLOPT_CAPATH, NULL);
	return code;
}

void gate_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f)
			*text = '?';
}
