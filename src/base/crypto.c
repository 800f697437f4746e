/* Hashes and API keys, by OpenSSL 3. The algorithm is fetched once, and each thread keeps a digest
 * context, since fetching and allocating cost more than hashing. */
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/rnd.h"

#define BLOCK      64
#define KEY_RANDOM 30
#define KEY_CHECK  6

static EVP_MD *sha256;
static pthread_key_t context_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread EVP_MD_CTX *context;

static void free_context(void *ctx)
{
	EVP_MD_CTX_free(ctx);
}

static void prepare(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	INVARIANT(sha256 && pthread_key_create(&context_key, free_context) == 0,
	          "the cryptographic library lacks SHA-256");
}

static EVP_MD_CTX *digest_context(void)
{
	if (!context) {
		pthread_once(&once, prepare);
		context = EVP_MD_CTX_new();
		INVARIANT(context && pthread_setspecific(context_key, context) == 0,
		          "no digest context");
	}
	return context;
}

static void digest(const struct crypto_part *parts, unsigned count, uint8_t out[SHA256_SIZE])
{
	EVP_MD_CTX *ctx = digest_context();
	bool ok = EVP_DigestInit_ex2(ctx, sha256, NULL) == 1;
	unsigned i;

	for (i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
	INVARIANT(ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1, "SHA-256 failed");
}

void crypto_sha256(const void *p, size_t n, uint8_t out[SHA256_SIZE])
{
	digest(&(struct crypto_part){p, n}, 1, out);
}

/* Twice SHA-256 in the thread's context: a third of the time of EVP_MAC for an API key. */
void crypto_hmac_parts(const void *key, size_t key_len, const struct crypto_part *parts,
                       unsigned count, uint8_t out[SHA256_SIZE])
{
	struct crypto_part all[1 + CRYPTO_PARTS_MAX], outer[2];
	uint8_t pad[BLOCK] = {0}, inner[SHA256_SIZE];
	unsigned i;

	INVARIANT(count <= CRYPTO_PARTS_MAX, "too many parts to authenticate");
	if (key_len > BLOCK)
		crypto_sha256(key, key_len, pad);
	else if (key_len > 0)
		memcpy(pad, key, key_len);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	all[0] = (struct crypto_part){pad, BLOCK};
	for (i = 0; i < count; i++)
		all[i + 1] = parts[i];
	digest(all, count + 1, inner);
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	outer[0] = (struct crypto_part){pad, BLOCK};
	outer[1] = (struct crypto_part){inner, SHA256_SIZE};
	digest(outer, 2, out);
	mem_wipe(pad, sizeof pad);
}

void crypto_hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
                        uint8_t out[SHA256_SIZE])
{
	crypto_hmac_parts(key, key_len, &(struct crypto_part){p, n}, 1, out);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void crypto_key_hash(const struct secret_key *pepper, const char *key, size_t n,
                     uint8_t out[SHA256_SIZE])
{
	crypto_hmac_sha256(pepper->key, sizeof pepper->key, key, n, out);
}

/* Six characters, the most significant first, of the CRC-32 of what stands before them. */
static void key_checksum(const char *key, char out[KEY_CHECK])
{
	uint32_t crc = (uint32_t)crc32(0, (const Bytef *)key, API_KEY_LEN - KEY_CHECK);
	unsigned i;

	for (i = KEY_CHECK; i-- > 0; crc /= 62)
		out[i] = crypto_base62[crc % 62];
}

void crypto_base62_make(char *out, size_t n)
{
	uint8_t some[64];
	size_t len = 0;
	unsigned i = 0;

	while (len < n) {
		if (i % sizeof some == 0)
			rnd_bytes(some, sizeof some);
		/* 248 is 4 * 62: larger bytes would favour some characters */
		if (some[i % sizeof some] < 248)
			out[len++] = crypto_base62[some[i % sizeof some] % 62];
		i++;
	}
	out[len] = '\0';
	mem_wipe(some, sizeof some);
}

void crypto_key_make(char out[API_KEY_LEN + 1])
{
	size_t n = sizeof API_KEY_PREFIX - 1;

	memcpy(out, API_KEY_PREFIX, n);
	crypto_base62_make(out + n, API_KEY_LEN - KEY_CHECK - n);
	key_checksum(out, out + API_KEY_LEN - KEY_CHECK);
	out[API_KEY_LEN] = '\0';
}

bool crypto_key_well_formed(const char *key, size_t n)
{
	char check[KEY_CHECK];
	size_t i;

	if (n != API_KEY_LEN || memcmp(key, API_KEY_PREFIX, sizeof API_KEY_PREFIX - 1) != 0)
		return false;
	for (i = sizeof API_KEY_PREFIX - 1; i < API_KEY_LEN; i++)
		if (!key[i] || !strchr(crypto_base62, key[i]))
			return false;
	key_checksum(key, check);
	return memcmp(check, key + API_KEY_LEN - KEY_CHECK, KEY_CHECK) == 0;
}
