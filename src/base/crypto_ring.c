/* Files of keys: secrets.pepper_file and secrets.seal_file. */
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rnd.h"

#define RING_FILE_MAX 4096

static bool id_allowed(const char *id, size_t n)
{
	return n > 0 && n < SECRET_ID_SIZE &&
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
	char text[SECRET_ID_SIZE] = "";

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

static bool ring_parse(const char *path, const char *text, struct secret_ring *ring, struct error *err)
{
	unsigned line;
	const char *why;
	const char *p = text;

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

/* With a NUL behind it. */
static bool ring_read(const char *path, char text[RING_FILE_MAX + 1], size_t *len, struct error *err)
{
	size_t n = 0;
	ssize_t got = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, ERR_INVALID_INPUT, "%s: %s", path, strerror(errno));
	while (n <= RING_FILE_MAX && (got = read(fd, text + n, RING_FILE_MAX + 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	if (got < 0 || n > RING_FILE_MAX || memchr(text, 0, n))
		return err_set(err, ERR_INVALID_INPUT, "%s: is not a file of keys", path);
	text[n] = '\0';
	*len = n;
	return true;
}

bool crypto_ring_load(const char *path, struct secret_ring *ring, struct error *err)
{
	char text[RING_FILE_MAX + 1];
	size_t n;
	bool ok;

	memset(ring, 0, sizeof *ring);
	ok = ring_read(path, text, &n, err) && ring_parse(path, text, ring, err);
	mem_wipe(text, sizeof text);
	if (!ok)
		mem_wipe(ring, sizeof *ring);
	return ok;
}

#define LINE_SIZE 80

/* A new key's line. The id is random, since ids of a file must differ, also from those that it had. */
static size_t make_line(char line[LINE_SIZE])
{
	uint8_t key[32];
	char *p = line;
	size_t n;

	rnd_bytes(key, 8);
	*p++ = 'k';
	for (n = 0; n < 8; n++)
		*p++ = crypto_base62[key[n] % 36];
	*p++ = ':';
	rnd_bytes(key, sizeof key);
	p += crypto_base64(key, sizeof key, p);
	*p++ = '\n';
	*p = '\0';
	mem_wipe(key, sizeof key);
	return (size_t)(p - line);
}

bool crypto_ring_create(const char *path, struct error *err)
{
	char line[LINE_SIZE];
	size_t n;
	bool ok;
	int fd, failed;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, errno == EEXIST ? ERR_CONFLICT : ERR_INVALID_INPUT, "%s: %s",
		               path, strerror(errno));
	n = make_line(line);
	ok = write(fd, line, n) == (ssize_t)n && fsync(fd) == 0;
	failed = errno;
	mem_wipe(line, sizeof line);
	close(fd);
	if (!ok) {
		unlink(path);
		return err_set(err, ERR_INTERNAL, "%s: %s", path, strerror(failed));
	}
	return true;
}

static int open_folder(const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Of the folder: the file itself is replaced. */
int crypto_ring_lock(const char *path, struct error *err)
{
	char real[PATH_MAX];
	int fd = realpath(path, real) ? open_folder(real) : -1;

	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		int failed = errno;

		if (failed == EINTR)
			continue;
		close(fd);
		fd = -1;
		errno = failed;
	}
	if (fd < 0)
		err_set(err, ERR_INVALID_INPUT, "%s: %s", path, strerror(errno));
	return fd;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return false;
		p += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

/* The new file, on disk, beside the old one; with its owner and mode before there is anything in it. */
static bool write_beside(const char *beside, const struct stat *old, const char *text, size_t n)
{
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), failed;
	struct stat st;
	bool ok = fd >= 0;

	if (!ok)
		return false;
	ok = fstat(fd, &st) == 0 &&
	     ((st.st_uid == old->st_uid && st.st_gid == old->st_gid) || fchown(fd, old->st_uid, old->st_gid) == 0) &&
	     fchmod(fd, old->st_mode & 07777) == 0 && write_all(fd, text, n) && fsync(fd) == 0;
	failed = errno;
	close(fd);
	errno = failed;
	return ok;
}

/* Where the path is a link, what it leads to is replaced. */
static bool replace(const char *path, const char *text, size_t n, struct error *err)
{
	char real[PATH_MAX], beside[PATH_MAX + 8] = "";
	struct stat old;
	int folder = -1, failed;
	bool ok = realpath(path, real) != NULL && stat(real, &old) == 0;

	if (ok) {
		snprintf(beside, sizeof beside, "%s.new", real);
		/* of a process that was killed: who holds the lock has none under way */
		unlink(beside);
		ok = write_beside(beside, &old, text, n) && rename(beside, real) == 0 &&
		     (folder = open_folder(real)) >= 0 && fsync(folder) == 0;
	}
	failed = errno;
	if (!ok && *beside)
		unlink(beside);
	if (folder >= 0)
		close(folder);
	return ok || err_set(err, ERR_INVALID_INPUT, "%s cannot be replaced: %s; the file and its folder must be writable", path,
	                    strerror(failed));
}

bool crypto_ring_add(const char *path, char id[SECRET_ID_SIZE], struct error *err)
{
	char text[RING_FILE_MAX + 1 + LINE_SIZE + 1];
	struct secret_ring ring;
	size_t n, line, len;
	bool ok = ring_read(path, text, &n, err);

	if (ok) {
		if (n > 0 && text[n - 1] != '\n')
			text[n++] = '\n';
		line = make_line(text + n);
		len = strcspn(text + n, ":");
		memcpy(id, text + n, len);
		id[len] = '\0';
		n += line;
		ok = n <= RING_FILE_MAX || err_set(err, ERR_INVALID_INPUT, "%s: there is no room for another key", path);
	}
	/* what could not be read again is not written */
	memset(&ring, 0, sizeof ring);
	ok = ok && ring_parse(path, text, &ring, err) && replace(path, text, n, err);
	mem_wipe(&ring, sizeof ring);
	mem_wipe(text, sizeof text);
	return ok;
}

/* Cuts the line of the key out; comments and the others stay as they are. */
static bool cut_line(char *text, size_t *n, const char *id)
{
	size_t len = strlen(id), line;
	char *p;

	for (p = text; *p; p += line) {
		line = strcspn(p, "\n");
		line += p[line] == '\n';
		if (strncmp(p, id, len) != 0 || p[len] != ':')
			continue;
		memmove(p, p + line, *n - (size_t)(p - text) - line + 1);
		*n -= line;
		return true;
	}
	return false;
}

bool crypto_ring_remove(const char *path, const char *id, struct error *err)
{
	char text[RING_FILE_MAX + 1];
	struct secret_ring ring;
	size_t n;
	bool ok = ring_read(path, text, &n, err);

	memset(&ring, 0, sizeof ring);
	ok = ok && ring_parse(path, text, &ring, err);
	if (ok && crypto_ring_find(&ring, id)) {
		ok = ring.count > 1 || err_set(err, ERR_CONFLICT, "%s holds no other key", path);
		ok = ok && cut_line(text, &n, id) && replace(path, text, n, err);
	}
	mem_wipe(&ring, sizeof ring);
	mem_wipe(text, sizeof text);
	return ok;
}
