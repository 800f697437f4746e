/* Files of keys, and values sealed under them: AES-256-GCM by OpenSSL 3. */
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rnd.h"

#define NONCE_SIZE    12
#define TAG_SIZE      16
#define RING_FILE_MAX 4096

static EVP_CIPHER *aes_gcm;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
	aes_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	INVARIANT(aes_gcm, "the cryptographic library lacks AES-256-GCM");
}

static bool id_allowed(const char *id, size_t n)
{
	return n > 0 && n < sizeof((struct secret_key *)0)->id &&
	       strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") >= n;
}

static const struct secret_key *find_key(const struct secret_ring *ring, const char *id, size_t n)
{
	unsigned i;

	for (i = 0; i < ring->count; i++)
		if (strlen(ring->keys[i].id) == n && memcmp(ring->keys[i].id, id, n) == 0)
			return &ring->keys[i];
	return NULL;
}

/* One line without its end. Never says what it holds. */
static const char *ring_line(struct secret_ring *ring, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	uint8_t key[48];
	size_t id_len = colon ? (size_t)(colon - p) : 0, size = 0, text_len = n - id_len - 1;
	struct secret_key *k;

	if (!colon || !id_allowed(p, id_len))
		return "a line is ID:BASE64, the ID up to 15 letters, digits, - or _";
	if (find_key(ring, p, id_len))
		return "an ID occurs twice";
	if (ring->count == SECRET_KEYS_MAX)
		return "there are more than 8 keys";
	if (text_len != 44 || !crypto_unbase64(colon + 1, text_len, key, &size) ||
	    size != sizeof k->key) {
		mem_wipe(key, sizeof key);
		return "a key is 32 bytes, as 44 characters of base64";
	}
	k = &ring->keys[ring->count++];
	memset(k, 0, sizeof *k);
	memcpy(k->id, p, id_len);
	memcpy(k->key, key, sizeof k->key);
	mem_wipe(key, sizeof key);
	return NULL;
}

static bool ring_parse(const char *path, char *text, struct secret_ring *ring, struct error *err)
{
	unsigned line;
	const char *why;
	char *p = text;

	for (line = 1; *p; line++) {
		size_t n = strcspn(p, "\n"), len = n;

		while (len > 0 && (p[len - 1] == '\r' || p[len - 1] == ' '))
			len--;
		why = len == 0 || *p == '#' ? NULL : ring_line(ring, p, len);
		if (why)
			return err_set(err, ERR_INVALID_INPUT, "%s:%u: %s", path, line, why);
		p += n + (p[n] == '\n');
	}
	return ring->count > 0 || err_set(err, ERR_INVALID_INPUT, "%s: holds no key", path);
}

bool crypto_ring_load(const char *path, struct secret_ring *ring, struct error *err)
{
	char text[RING_FILE_MAX + 1];
	size_t n = 0;
	ssize_t got = 0;
	bool ok;
	int fd;

	memset(ring, 0, sizeof *ring);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_INVALID_INPUT, "%s: %s", path, strerror(errno));
	while (n < sizeof text && (got = read(fd, text + n, sizeof text - n)) > 0)
		n += (size_t)got;
	close(fd);
	if (got < 0 || n > RING_FILE_MAX || memchr(text, 0, n)) {
		ok = err_set(err, ERR_INVALID_INPUT, "%s: is not a file of keys", path);
	} else {
		text[n] = '\0';
		ok = ring_parse(path, text, ring, err);
	}
	mem_wipe(text, sizeof text);
	if (!ok)
		mem_wipe(ring, sizeof *ring);
	return ok;
}

bool crypto_ring_create(const char *path, struct error *err)
{
	uint8_t key[32];
	char line[64] = "k", *p = line + 1;
	size_t n;
	bool ok;
	int fd, failed;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, errno == EEXIST ? ERR_CONFLICT : ERR_INVALID_INPUT, "%s: %s",
		               path, strerror(errno));
	/* a random id, since a file may get more keys and ids must differ */
	rnd_bytes(key, 8);
	for (n = 0; n < 8; n++)
		*p++ = crypto_base62[key[n] % 36];
	*p++ = ':';
	rnd_bytes(key, sizeof key);
	p += crypto_base64(key, sizeof key, p);
	*p++ = '\n';
	n = (size_t)(p - line);
	ok = write(fd, line, n) == (ssize_t)n && fsync(fd) == 0;
	failed = errno;
	mem_wipe(key, sizeof key);
	mem_wipe(line, sizeof line);
	close(fd);
	if (!ok) {
		unlink(path);
		return err_set(err, ERR_INTERNAL, "%s: %s", path, strerror(failed));
	}
	return true;
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

bool crypto_seal(const struct secret_ring *ring, const char *context_text, const void *p, size_t n,
                 struct buf *out, struct error *err)
{
	const struct secret_key *k;
	EVP_CIPHER_CTX *ctx;
	size_t id_len, total, start = out->len;
	uint8_t *at, *nonce;
	bool ok;
	int len = 0;

	INVARIANT(ring->count > 0 && n <= 1 << 30, "sealing without a key, or an absurd size");
	k = &ring->keys[ring->count - 1];
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

static const struct secret_key *sealed_with(const struct secret_ring *ring, const uint8_t *at,
                                            size_t n, struct error *err)
{
	const struct secret_key *k;

	if (n < HEAD_LEN(1) + NONCE_SIZE + TAG_SIZE || memcmp(at, VERSION, 2) != 0 || at[2] == 0 ||
	    at[2] >= sizeof k->id || n < (size_t)HEAD_LEN(at[2]) + NONCE_SIZE + TAG_SIZE) {
		err_set(err, ERR_INTERNAL, "A sealed value is damaged");
		return NULL;
	}
	k = find_key(ring, (const char *)at + 3, at[2]);
	if (!k)
		err_set(err, ERR_INTERNAL,
		        "A sealed value needs a key that is not in secrets.seal_file");
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
