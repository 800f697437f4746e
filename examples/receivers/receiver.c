/* A receiver of Agentiv's webhooks in C: a FastCGI program for any web server, with libfcgi and OpenSSL. lighttpd starts it:
 *
 *   cc -O2 -o receiver receiver.c -lfcgi -lcrypto
 *   AGENTIV_WEBHOOK_SECRET=whsec_… PORT=3000 lighttpd -D -f lighttpd.conf
 */
#include <fcgiapp.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_MAX    (8 << 20)     /* bytes; the output of a run may have 4 MiB */
#define HEAD_MAX    256
#define TOLERANCE_S (5 * 60)      /* how far the clocks of the sender and of this machine may be apart */
#define SEEN_MAX    10000
#define ID_MAX      64
#define MAC_SIZE    32            /* of SHA-256 */

static const char *secret;
static unsigned char key[512];
static int key_len;

/* The body as it comes, with room before it for what Standard Webhooks signs together with it. */
static unsigned char buffer[HEAD_MAX + BODY_MAX + 1];
static unsigned char *const body = buffer + HEAD_MAX;

static const char *header(char **env, const char *name)
{
	const char *value = FCGX_GetParam(name, env);

	return value ? value : "";
}

/* Whether they are the same, in a time that does not tell where they differ. */
static bool same(const char *given, size_t n, const char *right)
{
	return n == strlen(right) && CRYPTO_memcmp(given, right, n) == 0;
}

/* X-Agentiv-Signature is keyed by the whole secret, over the body as it came: parsed and written again, it is another.
 * For 24 hours after a rotation, X-Agentiv-Signature-Previous is that of the secret before, so that a receiver
 * which still has that one accepts as well. It is good until then to put the new one into AGENTIV_WEBHOOK_SECRET. */
static bool verify_agentiv(char **env, size_t len)
{
	const char *now = header(env, "HTTP_X_AGENTIV_SIGNATURE");
	const char *previous = header(env, "HTTP_X_AGENTIV_SIGNATURE_PREVIOUS");
	char right[sizeof "sha256=" + 2 * MAC_SIZE] = "sha256=";
	unsigned char mac[MAC_SIZE];
	int i;

	HMAC(EVP_sha256(), secret, (int)strlen(secret), body, len, mac, NULL);
	for (i = 0; i < MAC_SIZE; i++)
		sprintf(right + strlen("sha256=") + 2 * i, "%02x", mac[i]);
	return same(now, strlen(now), right) || same(previous, strlen(previous), right);
}

/* Standard Webhooks (standardwebhooks.com): keyed by the decoded rest of the secret, over id and time too, so that nobody
 * can send again what was overheard. After a rotation it lists two signatures. */
static bool verify_standard(char **env, size_t len)
{
	const char *at = header(env, "HTTP_WEBHOOK_SIGNATURE");
	char head[HEAD_MAX], right[sizeof "v1," + 4 * MAC_SIZE] = "v1,";
	unsigned char mac[MAC_SIZE];
	size_t n;

	n = (size_t)snprintf(head, sizeof head, "%s.%s.", header(env, "HTTP_WEBHOOK_ID"), header(env, "HTTP_WEBHOOK_TIMESTAMP"));
	if (n >= sizeof head)
		return false;
	memcpy(body - n, head, n);
	HMAC(EVP_sha256(), key, key_len, body - n, n + len, mac, NULL);
	EVP_EncodeBlock((unsigned char *)right + strlen("v1,"), mac, MAC_SIZE);
	for (; *at; at += n + strspn(at + n, " ")) {
		n = strcspn(at, " ");
		if (same(at, n, right))
			return true;
	}
	return false;
}

static bool is_recent(const char *timestamp)
{
	return llabs((long long)time(NULL) - atoll(timestamp)) <= TOLERANCE_S;
}

/* The status and reason with which it is refused; NULL when it is good. One of the two signatures would do, the second
 * better. */
static const char *refusal(char **env, size_t len)
{
	static const char *const needed[] = {"HTTP_X_AGENTIV_SIGNATURE", "HTTP_WEBHOOK_ID", "HTTP_WEBHOOK_TIMESTAMP",
					     "HTTP_WEBHOOK_SIGNATURE"};
	size_t i;

	for (i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!*header(env, needed[i]))
			return "400 A header is missing";
	if (!is_recent(header(env, "HTTP_WEBHOOK_TIMESTAMP")))
		return "400 The timestamp is too far from now";
	if (!verify_agentiv(env, len) || !verify_standard(env, len))
		return "401 The signature is wrong";
	return NULL;
}

/* An event comes at least once, and each time with the same webhook-id. Here the ids are forgotten when the process
 * ends. To lose and repeat nothing, INSERT id and body into a table whose key is the id, before the answer (a duplicate
 * key is a repeat), and let a worker go on from there: what was answered with 2xx is not sent again. */
static bool is_new(const char *id)
{
	static char seen[SEEN_MAX][ID_MAX];
	static unsigned next;
	unsigned i;

	for (i = 0; i < SEEN_MAX; i++)
		if (strncmp(seen[i], id, ID_MAX - 1) == 0)
			return false;
	snprintf(seen[next++ % SEEN_MAX], ID_MAX, "%s", id);
	return true;
}

/* What your application does with an event. Here its JSON is shown; a parser takes it apart. */
static void work(const char *id, const char *event)
{
	fprintf(stderr, "%s %.200s\n", id, event);
}

static void receive(FCGX_Stream *in, FCGX_Stream *out, char **env)
{
	long long len = atoll(header(env, "CONTENT_LENGTH"));
	const char *refused = NULL;
	char id[ID_MAX];

	if (strcmp(header(env, "REQUEST_METHOD"), "POST") != 0)
		refused = "405 POST only";
	else if (len < 0 || len > BODY_MAX)
		refused = "413 The body is too large";
	else if (FCGX_GetStr((char *)body, (int)len, in) != len)
		refused = "400 The body is not whole";
	else
		refused = refusal(env, (size_t)len);
	snprintf(id, sizeof id, "%s", header(env, "HTTP_WEBHOOK_ID"));
	if (refused)
		FCGX_FPrintF(out, "Status: %.3s\r\nContent-Type: text/plain\r\n\r\n%s\n", refused, refused + 4);
	else
		FCGX_FPrintF(out, "Status: 204\r\n\r\n");
	FCGX_Finish();    /* the answer goes out, at once: what takes longer than 15 s is sent again */
	if (refused || !is_new(id))
		return;
	body[len] = '\0';
	work(id, (const char *)body);
}

static bool read_secret(void)
{
	const char *text;
	size_t n;

	secret = getenv("AGENTIV_WEBHOOK_SECRET");
	if (!secret || strncmp(secret, "whsec_", 6) != 0)
		return false;
	text = secret + 6;
	n = strlen(text);
	if (n % 4 != 0 || n / 4 * 3 > sizeof key)
		return false;
	key_len = EVP_DecodeBlock(key, (const unsigned char *)text, (int)n);
	/* it counts the padding too */
	for (; key_len > 0 && n > 0 && text[n - 1] == '='; n--)
		key_len--;
	return key_len > 0;
}

int main(void)
{
	FCGX_Stream *in, *out, *errors;
	FCGX_ParamArray env;

	if (!read_secret()) {
		fprintf(stderr, "AGENTIV_WEBHOOK_SECRET must be the secret of the endpoint, whsec_ included\n");
		return 2;
	}
	while (FCGX_Accept(&in, &out, &errors, &env) >= 0)
		receive(in, out, env);
	return 0;
}
