/* Which mails a Maildir's inbox holds, and where one of them is now. */
#include "integrations/maildir_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define DAY_MS INT64_C(86400000)

/* ---- List ---- */

struct found { struct mail_ref ref; struct place place; };

struct listing {
	const struct mailbox_filter *filter;
	struct found *all;
	unsigned count, room, max;
};

/* The part before ":2,FLAGS" names the mail for good. */
static size_t base_length(const char *name)
{
	return strcspn(name, ":");
}

bool maildir_has_flag(const char *name, char flag)
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

/* A mail arrives after it was written; a day of grace for clocks that are wrong. */
static bool fits(const struct mailbox_filter *f, const struct mail_ref *r)
{
	return !f || ((!f->unread || r->unread) && (f->since_ms == 0 || r->date_ms >= f->since_ms - DAY_MS));
}

static void add(struct listing *l, int dir, const char *name, bool is_new)
{
	size_t n = base_length(name);
	struct mail_ref *r;
	struct stat st;

	if (n == 0 || n >= sizeof r->id || strlen(name) >= MAILDIR_NAME_SIZE || maildir_has_flag(name, 'T') ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return;
	if (l->count == l->room)
		prune(l);
	memset(&l->all[l->count], 0, sizeof *l->all);
	snprintf(l->all[l->count].place.name, MAILDIR_NAME_SIZE, "%s", name);
	l->all[l->count].place.is_new = is_new;
	r = &l->all[l->count].ref;
	memcpy(r->id, name, n);
	r->date_ms = name_time_ms(name);
	if (r->date_ms == 0)
		r->date_ms = st.st_mtim.tv_sec * INT64_C(1000);
	r->unread = is_new || !maildir_has_flag(name, 'S');
	r->starred = maildir_has_flag(name, 'F');
	r->size = (size_t)st.st_size;
	l->count += fits(l->filter, r);
}

DIR *maildir_stream(int dir)
{
	int fd = openat(dir, ".", MAILDIR_DIR_FLAGS);
	DIR *s = fd >= 0 ? fdopendir(fd) : NULL;

	if (!s && fd >= 0)
		close(fd);
	return s;
}

static bool list_folder(struct listing *l, int dir, bool is_new)
{
	DIR *s = maildir_stream(dir);
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

bool maildir_list(struct mailbox *m, const struct mailbox_filter *filter, unsigned max, struct mail_ref **out,
                  unsigned *count, struct error *err)
{
	struct maildir *d = m->data;
	struct listing l = {.filter = filter, .max = max, .room = 2 * max + 1};
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

bool maildir_find_in(int dir, const char *id, char name[MAILDIR_NAME_SIZE])
{
	size_t n = strlen(id);
	DIR *s = maildir_stream(dir);
	struct dirent *e;
	bool found = false;

	if (!s)
		return false;
	while (!found && (e = readdir(s)))
		if (base_length(e->d_name) == n && memcmp(e->d_name, id, n) == 0) {
			snprintf(name, MAILDIR_NAME_SIZE, "%s", e->d_name);
			found = true;
		}
	closedir(s);
	return found;
}

bool maildir_plain_id(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/');
}

bool maildir_is_file(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

bool maildir_find(struct maildir *d, const char *id, int *dir, char name[MAILDIR_NAME_SIZE])
{
	struct place key, *listed = NULL;

	if (!maildir_plain_id(id))
		return false;
	snprintf(key.name, sizeof key.name, "%s", id);
	if (d->place_count > 0)
		listed = bsearch(&key, d->places, d->place_count, sizeof key, by_id);
	if (listed) {
		*dir = listed->is_new ? d->new : d->cur;
		snprintf(name, MAILDIR_NAME_SIZE, "%s", listed->name);
		if (maildir_is_file(*dir, name))
			return true;
	}
	*dir = d->cur;
	if (maildir_find_in(d->cur, id, name))
		return true;
	*dir = d->new;
	return maildir_find_in(d->new, id, name);
}
