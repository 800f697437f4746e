/* Files of keys: secrets.pepper_file and secrets.seal_file. */
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rnd.h"

#define RING_FILE_MAX 4096

static bool id_allowed(const char *id, size_t n)
{
	return n > 0 && n < sizeof((struct secret_key *)0)->id &&
	       strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") >= n;
}

const struct secret_key *crypto_ring_find(const struct secret_ring *ring, const char *id)
{
	unsigned i;

	for (i = 0; i < ring->count; i++)
		if (strcmp(ring->keys[i].id, id) == 0)
			return &ring->keys[i];
	return NULL;
}

static bool knows(const struct secret_ring *ring, const char *id, size_t n)
{
	char text[sizeof((struct secret_key *)0)->id] = "";

	memcpy(text, id, n);
	return crypto_ring_find(ring, text) != NULL;
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
	if (knows(ring, p, id_len))
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
