/* A Maildir (https://cr.yp.to/proto/maildir.html, folders as in Maildir++). Every file is reached
 * through descriptors of its folders, never by a path, and no link is followed below the
 * configured folder, so that nothing outside of it is read or moved. */
#include "integrations/mailbox.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

#define NAME_SIZE 256
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* A mail as it was last listed: its file's name, and whether it stood in new. */
struct place { char name[NAME_SIZE]; bool is_new; };

struct maildir {
	char *path;               /* for the log only */
	int root, cur, new;       /* folders; -1 until opened */
	struct place *places;     /* ordered by the mail's id */
	unsigned place_count;
};

/* ---- Open and close ---- */

static bool cannot(struct error *err, const char *what, const char *name)
{
	int e = errno;

	return err_set(err, ERR_EXECUTION_FAILED, "%s %.200s: %s", what, name, strerror(e));
}

static void maildir_close(struct mailbox *m)
{
	struct maildir *d = m->data;

	if (!d)
		return;
	if (d->cur >= 0)
		close(d->cur);
	if (d->new >= 0)
		close(d->new);
	if (d->root >= 0)
		close(d->root);
	mem_free(d->places);
	mem_free(d->path);
	mem_free(d);
	m->data = NULL;
}

static bool open_folders(struct maildir *d, struct error *err)
{
	/* the configured folder itself may be a link: it is the operator's word */
	d->root = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->root < 0)
		return mailbox_cannot(err, "Cannot open the connected Maildir", d->path);
	d->cur = openat(d->root, "cur", DIR_FLAGS);
	d->new = openat(d->root, "new", DIR_FLAGS);
	if (d->cur < 0 || d->new < 0)
		return mailbox_cannot(err, "The connected folder is no Maildir, its folders cur and new cannot be opened",
		                      d->path);
	return true;
}

static bool maildir_open(struct mailbox *m, struct json_object *settings, struct error *err)
{
	struct maildir *d = mem_zalloc(sizeof *d);
	const char *path = NULL;

	d->root = d->cur = d->new = -1;
	m->data = d;
	if (!json_get_str(settings, "settings", "path", &path, err))
		goto fail;
	if (!path || *path != '/') {
		err_set(err, ERR_EXECUTION_FAILED, "The connection's \"path\" must be a Maildir's absolute path");
		goto fail;
	}
	d->path = mem_strdup(path);
	if (open_folders(d, err))
		return true;
fail:
	maildir_close(m);
	return false;
}

/* ---- List ---- */

struct found { struct mail_ref ref; struct place place; };

struct listing {
	struct found *all;
	unsigned count, room, max;
};

/* The part before ":2,FLAGS" names the mail for good. */
static size_t base_length(const char *name)
{
	return strcspn(name, ":");
}

static bool has_flag(const char *name, char flag)
{
	const char *info = strstr(name, ":2,");

	return info && strchr(info + 3, flag);
}

/* Names begin with the second of delivery; 0 when this one does not. */
static int64_t name_time_ms(const char *name)
{
	char *end;
	long long s = isdigit((unsigned char)*name) ? strtoll(name, &end, 10) : 0;

	return s > 0 && s < INT64_C(100000000000) && *end == '.' ? s * 1000 : 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct mail_ref *x = &((const struct found *)a)->ref;
	const struct mail_ref *y = &((const struct found *)b)->ref;

	if (x->date_ms != y->date_ms)
		return x->date_ms < y->date_ms ? 1 : -1;
	return -strcmp(x->id, y->id);
}

/* Keeps the newest max in room for twice as many. */
static void prune(struct listing *l)
{
	qsort(l->all, l->count, sizeof *l->all, newest_first);
	if (l->count > l->max)
		l->count = l->max;
}

static void add(struct listing *l, int dir, const char *name, bool is_new)
{
	size_t n = base_length(name);
	struct mail_ref *r;
	struct stat st;

	if (n == 0 || n >= sizeof r->id || strlen(name) >= NAME_SIZE || has_flag(name, 'T') ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return;
	if (l->count == l->room)
		prune(l);
	memset(&l->all[l->count], 0, sizeof *l->all);
	snprintf(l->all[l->count].place.name, NAME_SIZE, "%s", name);
	l->all[l->count].place.is_new = is_new;
	r = &l->all[l->count++].ref;
	memcpy(r->id, name, n);
	r->date_ms = name_time_ms(name);
	if (r->date_ms == 0)
		r->date_ms = st.st_mtim.tv_sec * INT64_C(1000);
	r->unread = is_new || !has_flag(name, 'S');
	r->size = (size_t)st.st_size;
}

/* A stream of its own position on a folder; NULL with errno. */
static DIR *folder_stream(int dir)
{
	int fd = openat(dir, ".", DIR_FLAGS);
	DIR *s = fd >= 0 ? fdopendir(fd) : NULL;

	if (!s && fd >= 0)
		close(fd);
	return s;
}

static bool list_folder(struct listing *l, int dir, bool is_new)
{
	DIR *s = folder_stream(dir);
	struct dirent *e;

	if (!s)
		return false;
	while ((e = readdir(s)))
		if (e->d_name[0] != '.')
			add(l, dir, e->d_name, is_new);
	closedir(s);
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	size_t nx = base_length(x->name), ny = base_length(y->name);
	int order = memcmp(x->name, y->name, nx < ny ? nx : ny);

	return order ? order : (nx > ny) - (nx < ny);
}

static bool maildir_list(struct mailbox *m, unsigned max, struct mail_ref **out, unsigned *count,
                         struct error *err)
{
	struct maildir *d = m->data;
	struct listing l = {.max = max, .room = 2 * max + 1};
	unsigned i;

	l.all = mem_array(l.room, sizeof *l.all);
	if (!list_folder(&l, d->new, true) || !list_folder(&l, d->cur, false)) {
		mem_free(l.all);
		return mailbox_cannot(err, "Cannot list the connected Maildir", d->path);
	}
	prune(&l);
	mem_free(d->places);
	d->places = mem_array(l.count + 1, sizeof *d->places);
	*out = mem_array(l.count + 1, sizeof **out);
	for (i = 0; i < l.count; i++) {
		(*out)[i] = l.all[i].ref;
		d->places[i] = l.all[i].place;
	}
	qsort(d->places, l.count, sizeof *d->places, by_id);
	*count = d->place_count = l.count;
	mem_free(l.all);
	return true;
}

/* ---- Find one ---- */

/* The mail's present file name in a folder: its flags may have changed since it was listed. */
static bool find_in(int dir, const char *id, char name[NAME_SIZE])
{
	size_t n = strlen(id);
	DIR *s = folder_stream(dir);
	struct dirent *e;
	bool found = false;

	if (!s)
		return false;
	while (!found && (e = readdir(s)))
		if (base_length(e->d_name) == n && memcmp(e->d_name, id, n) == 0) {
			snprintf(name, NAME_SIZE, "%s", e->d_name);
			found = true;
		}
	closedir(s);
	return found;
}

static bool plain_id(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/');
}

static bool is_file(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* Where it was listed, else by a look at the folders. */
static bool find(struct maildir *d, const char *id, int *dir, char name[NAME_SIZE])
{
	struct place key, *listed = NULL;

	if (!plain_id(id))
		return false;
	snprintf(key.name, sizeof key.name, "%s", id);
	if (d->place_count > 0)
		listed = bsearch(&key, d->places, d->place_count, sizeof key, by_id);
	if (listed) {
		*dir = listed->is_new ? d->new : d->cur;
		snprintf(name, NAME_SIZE, "%s", listed->name);
		if (is_file(*dir, name))
			return true;
	}
	*dir = d->cur;
	if (find_in(d->cur, id, name))
		return true;
	*dir = d->new;
	return find_in(d->new, id, name);
}

/* ---- Fetch ---- */

static bool read_all(int fd, char *text, size_t *n)
{
	ssize_t got = 1;

	while (*n < MAILBOX_MESSAGE_MAX && got > 0) {
		got = read(fd, text + *n, MAILBOX_MESSAGE_MAX - *n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			*n += (size_t)got;
	}
	return got >= 0;
}

static bool maildir_fetch(struct mailbox *m, const struct mail_ref *ref, char **text, size_t *n,
                          bool *cut, struct error *err)
{
	struct maildir *d = m->data;
	char name[NAME_SIZE];
	struct stat st;
	bool ok = false;
	int dir, fd;

	if (!find(d, ref->id, &dir, name))
		return err_set(err, ERR_NOT_FOUND, "The mail %.200s is not in the inbox any more", ref->id);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? err_set(err, ERR_NOT_FOUND, "The mail %.200s is gone", ref->id)
		                       : cannot(err, "Cannot open the mail", name);
	*n = 0;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s is no file", name);
		goto done;
	}
	*cut = st.st_size > (off_t)MAILBOX_MESSAGE_MAX;
	*text = mem_alloc(*cut ? MAILBOX_MESSAGE_MAX : (size_t)st.st_size + 1);
	ok = read_all(fd, *text, n);
	if (!ok) {
		cannot(err, "Cannot read the mail", name);
		mem_free(*text);
		*text = NULL;
	}
done:
	close(fd);
	return ok;
}

/* ---- Archive ---- */

/* Opens .Archive/cur, making what is missing: cur last, since it is what makes it a folder. */
static int open_archive(struct maildir *d)
{
	int folder, cur = -1, mark;

	if (mkdirat(d->root, ".Archive", 0700) != 0 && errno != EEXIST)
		return -1;
	folder = openat(d->root, ".Archive", DIR_FLAGS);
	if (folder < 0)
		return -1;
	if ((mkdirat(folder, "tmp", 0700) == 0 || errno == EEXIST) &&
	    (mkdirat(folder, "new", 0700) == 0 || errno == EEXIST) &&
	    (mkdirat(folder, "cur", 0700) == 0 || errno == EEXIST))
		cur = openat(folder, "cur", DIR_FLAGS);
	/* Maildir++ marks folders so; other programs do without */
	mark = cur < 0 ? -1 : openat(folder, "maildirfolder", O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (mark >= 0)
		close(mark);
	close(folder);
	return cur;
}

static int existing_archive(struct maildir *d)
{
	int folder = openat(d->root, ".Archive", DIR_FLAGS), cur;

	if (folder < 0)
		return -1;
	cur = openat(folder, "cur", DIR_FLAGS);
	close(folder);
	return cur;
}

static bool not_in_inbox(struct maildir *d, const char *id, struct mail_moved *out)
{
	char name[NAME_SIZE];
	int archive = existing_archive(d);

	out->what = MAIL_GONE;
	if (archive < 0)
		return true;
	if (plain_id(id) && find_in(archive, id, name)) {
		out->what = MAIL_ALREADY_THERE;
		snprintf(out->where, sizeof out->where, ".Archive/cur/%s", name);
	}
	close(archive);
	return true;
}

/* Never over a file that is there. */
static int move(int from, const char *name, int to, const char *target)
{
	int rc = renameat2(from, name, to, target, RENAME_NOREPLACE);

	if (rc == 0 || (errno != EINVAL && errno != ENOSYS))
		return rc;
	/* a file system without that flag */
	if (faccessat(to, target, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from, name, to, target);
}

static bool move_to_archive(struct maildir *d, int dir, const char *name, int archive,
                            struct mail_moved *out, struct error *err)
{
	char target[NAME_SIZE + 4];

	/* what leaves new gets the info part that names in cur have */
	snprintf(target, sizeof target, "%s%s", name, strchr(name, ':') ? "" : ":2,");
	if (!is_file(dir, name))
		return err_set(err, ERR_EXECUTION_FAILED, "The mail %.200s is no file", name);
	if (move(dir, name, archive, target) != 0)
		return cannot(err, "Cannot move to .Archive the mail", name);
	out->what = MAIL_MOVED;
	snprintf(out->where, sizeof out->where, ".Archive/cur/%s", target);
	return true;
}

static bool maildir_archive(struct mailbox *m, const struct mail_ref *ref, struct mail_moved *out,
                            struct error *err)
{
	struct maildir *d = m->data;
	char name[NAME_SIZE];
	int dir, archive;
	bool ok;

	memset(out, 0, sizeof *out);
	if (!find(d, ref->id, &dir, name))
		return not_in_inbox(d, ref->id, out);
	archive = open_archive(d);
	if (archive < 0)
		return mailbox_cannot(err, "Cannot open the folder .Archive of the connected Maildir", d->path);
	ok = move_to_archive(d, dir, name, archive, out, err);
	close(archive);
	return ok;
}

const struct mailbox_ops maildir_ops = {
	.kind = "maildir",
	.open = maildir_open,
	.close = maildir_close,
	.list = maildir_list,
	.fetch = maildir_fetch,
	.archive = maildir_archive,
	.can_archive = true,
};
