/* Values sealed under keys: AES-256-GCM by OpenSSL 3. */
#include "base/crypto.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/rnd.h"

#define NONCE_SIZE    12
#define TAG_SIZE      16

static EVP_CIPHER *aes_gcm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	INVARIANT(aes_gcm, "the cryptographic library lacks AES-256-GCM");
}

/* What is authenticated beside the text: the head (version and key id) and the context. */
static bool add_authenticated(EVP_CIPHER_CTX *ctx, bool seal, const void *head, size_t head_len,
                              const char *context_text)
{
	const struct crypto_part parts[] = {{head, head_len}, {context_text, strlen(context_text)}};
	unsigned i;
	int n;

	for (i = 0; i < 2; i++)
		if ((seal ? EVP_EncryptUpdate : EVP_DecryptUpdate)(ctx, NULL, &n, parts[i].p,
		                                                   (int)parts[i].n) != 1)
			return false;
	return true;
}

/* Layout: "v1", one byte of the id's length, id, nonce, ciphertext, tag. */
#define VERSION      "v1"
#define HEAD_LEN(id) (2 + 1 + (id))

bool crypto_seal(const struct secret_key *k, const char *context_text, const void *p, size_t n,
                 struct buf *out, struct error *err)
{
	EVP_CIPHER_CTX *ctx;
	size_t id_len, total, start = out->len;
	uint8_t *at, *nonce;
	bool ok;
	int len = 0;

	INVARIANT(n <= 1 << 30, "sealing an absurd size");
	id_len = strlen(k->id);
	total = HEAD_LEN(id_len) + NONCE_SIZE + n + TAG_SIZE;
	if (!buf_reserve(out, total))
		return err_set(err, ERR_PAYLOAD_TOO_LARGE, "What is to be sealed is too large");
	pthread_once(&once, prepare);
	at = (uint8_t *)out->data + start;
	memcpy(at, VERSION, 2);
	at[2] = (uint8_t)id_len;
	memcpy(at + 3, k->id, id_len);
	nonce = at + HEAD_LEN(id_len);
	rnd_bytes(nonce, NONCE_SIZE);
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx && EVP_EncryptInit_ex2(ctx, aes_gcm, k->key, nonce, NULL) == 1 &&
	     add_authenticated(ctx, true, at, HEAD_LEN(id_len), context_text) &&
	     (n == 0 || EVP_EncryptUpdate(ctx, nonce + NONCE_SIZE, &len, p, (int)n) == 1) &&
	     EVP_EncryptFinal_ex(ctx, nonce + NONCE_SIZE + n, &len) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE,
	                         nonce + NONCE_SIZE + n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	INVARIANT(ok, "AES-256-GCM failed");
	out->len = start + total;
	out->data[out->len] = '\0';
	return true;
}

bool crypto_sealed_id(const void *p, size_t n, char id[SECRET_ID_SIZE])
{
	const uint8_t *at = p;

	if (n < HEAD_LEN(1) + NONCE_SIZE + TAG_SIZE || memcmp(at, VERSION, 2) != 0 || at[2] == 0 ||
	    at[2] >= SECRET_ID_SIZE || n < (size_t)HEAD_LEN(at[2]) + NONCE_SIZE + TAG_SIZE)
		return false;
	memcpy(id, at + 3, at[2]);
	id[at[2]] = '\0';
	return true;
}

static const struct secret_key *sealed_with(const struct secret_ring *ring, const void *p, size_t n,
                                            struct error *err)
{
	const struct secret_key *k;
	char id[SECRET_ID_SIZE];

	if (!crypto_sealed_id(p, n, id)) {
		err_set(err, ERR_INTERNAL, "A sealed value is damaged");
		return NULL;
	}
	k = crypto_ring_find(ring, id);
	if (!k)
		err_set(err, ERR_INTERNAL, "A sealed value needs the key %s, which is not in secrets.seal_file", id);
	return k;
}

bool crypto_unseal(const struct secret_ring *ring, const char *context_text, const void *p, size_t n,
                   struct buf *out, struct error *err)
{
	const uint8_t *at = p, *nonce;
	const struct secret_key *k = sealed_with(ring, at, n, err);
	size_t head, size, start = out->len;
	uint8_t tag[TAG_SIZE];
	EVP_CIPHER_CTX *ctx;
	int len = 0;
	bool ok;

	if (!k)
		return false;
	head = HEAD_LEN(at[2]);
	size = n - head - NONCE_SIZE - TAG_SIZE;
	nonce = at + head;
	if (size > 1 << 30 || !buf_reserve(out, size))
		return err_set(err, ERR_PAYLOAD_TOO_LARGE, "A sealed value is too large");
	pthread_once(&once, prepare);
	memcpy(tag, nonce + NONCE_SIZE + size, TAG_SIZE);
	ctx = EVP_CIPHER_CTX_new();
	INVARIANT(ctx && EVP_DecryptInit_ex2(ctx, aes_gcm, k->key, nonce, NULL) == 1,
	          "AES-256-GCM failed");
	ok = add_authenticated(ctx, false, at, head, context_text) &&
	     (size == 0 || EVP_DecryptUpdate(ctx, (uint8_t *)out->data + start, &len,
	                                     nonce + NONCE_SIZE, (int)size) == 1) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
	     EVP_DecryptFinal_ex(ctx, (uint8_t *)out->data + start + size, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok) {
		mem_wipe(out->data + start, size);
		return err_set(err, ERR_INTERNAL,
		               "A sealed value does not open: it was changed, or belongs elsewhere");
	}
	out->len = start + size;
	out->data[out->len] = '\0';
	return true;
}
