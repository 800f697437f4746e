/* Doorbells: Unix datagram sockets in the run directory. */
#include "base/doorbell.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rnd.h"

#define SOCKET_MODE  0660
#define TRIES        8         /* random numbers n of RUN_DIR/<program>.<pid>.<n>.sock */
#define LOOK_US      1000000
#define PROGRAMS_MAX 8
#define SOCKETS_MAX  64        /* of one program on one host */

static bool address(struct sockaddr_un *at, const char *run_dir, const char *name)
{
	int n;

	memset(at, 0, sizeof *at);
	at->sun_family = AF_UNIX;
	n = snprintf(at->sun_path, sizeof at->sun_path, "%s/%s", run_dir, name);
	return n > 0 && n < (int)sizeof at->sun_path;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Names come from rows too: one file of the run directory and nothing else. */
static bool name_allowed(const char *name)
{
	size_t n = name ? strlen(name) : 0;

	return n > 5 && n < DOORBELL_NAME_SIZE && *name != '.' && !strchr(name, '/') &&
	       strcmp(name + n - 5, ".sock") == 0;
}

/* 0 somebody listens, else why not, as errno. */
static int try_connect(const struct sockaddr_un *at)
{
	int fd = new_socket(), result = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)at, sizeof *at) != 0)
		result = errno;
	close(fd);
	return result;
}

/* Removes a socket whose process is dead. A failure leaves it to its owner. */
static void remove_stale(const struct sockaddr_un *at)
{
	struct stat st;

	if (lstat(at->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    try_connect(at) == ECONNREFUSED)
		unlink(at->sun_path);
}

/* Binds under a hidden name and links it to the real one: between the file's making and the
 * socket's readiness a sender would be refused, and would remove it as stale. */
static int bind_as(int fd, const char *run_dir, const char *name)
{
	struct sockaddr_un hidden, final;
	char hidden_name[DOORBELL_NAME_SIZE + 1];
	int failed = 0;

	snprintf(hidden_name, sizeof hidden_name, ".%s", name);
	if (!address(&hidden, run_dir, hidden_name) || !address(&final, run_dir, name))
		return ENAMETOOLONG;
	if (bind(fd, (struct sockaddr *)&hidden, sizeof hidden) != 0)
		return errno;
	if (chmod(hidden.sun_path, SOCKET_MODE) != 0 || link(hidden.sun_path, final.sun_path) != 0)
		failed = errno;
	/* a file system without hard links: the same, less safe against a namesake at this instant */
	if ((failed == EPERM || failed == EOPNOTSUPP) && access(final.sun_path, F_OK) != 0)
		failed = rename(hidden.sun_path, final.sun_path) == 0 ? 0 : errno;
	unlink(hidden.sun_path);
	return failed;
}

bool doorbell_open(struct doorbell *d, const char *run_dir, const char *program, struct error *err)
{
	int failed = EADDRINUSE, n;
	unsigned i;


	memset(d, 0, sizeof *d);
	d->fd = -1;
	/* numbers of processes come again, in a container each time: a dead one's namesake must not look alive */
	for (i = 0; i < TRIES && (failed == EADDRINUSE || failed == EEXIST || failed == EPERM); i++) {
		n = snprintf(d->name, sizeof d->name, "%s.%ld.%08" PRIx32 ".sock", program, (long)getpid(),
		             (uint32_t)rnd_u64());
		INVARIANT(n > 0 && n < (int)sizeof d->name, "a program's name is too long");
		if (d->fd >= 0)
			close(d->fd);
		d->fd = new_socket();
		failed = d->fd < 0 ? errno : bind_as(d->fd, run_dir, d->name);
		if (failed == 0) {
			snprintf(d->path, sizeof d->path, "%s/%s", run_dir, d->name);
			return true;
		}
	}
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	if (failed == ENAMETOOLONG)
		return err_set(err, ERR_INVALID_INPUT,
		               "paths.run_dir %s is too long: a socket's path has at most %zu bytes",
		               run_dir, sizeof d->path - 1);
	return err_set(err, ERR_INVALID_INPUT, "paths.run_dir %s: no socket can be made: %s", run_dir,
	               strerror(failed));
}

void doorbell_close(struct doorbell *d)
{
	if (d->fd < 0)
		return;
	close(d->fd);
	unlink(d->path);
	d->fd = -1;
}

long doorbell_read(struct doorbell *d, void *out, size_t size)
{
	ssize_t n;

	do
		n = recv(d->fd, out, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n;
}

bool doorbell_alive(const char *run_dir, const char *name)
{
	struct sockaddr_un at;
	int failed;

	if (!name_allowed(name) || !address(&at, run_dir, name))
		return true;
	failed = try_connect(&at);
	return failed != ENOENT && failed != ECONNREFUSED;
}

struct listeners {
	char     program[32];
	int64_t  looked_at_us;
	unsigned count, next;
	char     names[SOCKETS_MAX][DOORBELL_NAME_SIZE];
};

struct doorbell_ringer {
	pthread_mutex_t  lock;           /* of all below */
	char             run_dir[sizeof((struct sockaddr_un *)0)->sun_path];
	int              fd;             /* -1: none could be made, and nobody is rung */
	unsigned         count;
	struct listeners *programs[PROGRAMS_MAX];
};

struct doorbell_ringer *doorbell_ringer_new(const char *run_dir)
{
	struct doorbell_ringer *r = mem_zalloc(sizeof *r);

	pthread_mutex_init(&r->lock, NULL);
	/* a directory too long is told by doorbell_open; nobody can listen there */
	if (snprintf(r->run_dir, sizeof r->run_dir, "%s", run_dir) < (int)sizeof r->run_dir)
		r->fd = new_socket();
	else
		r->fd = -1;
	return r;
}

void doorbell_ringer_free(struct doorbell_ringer *r)
{
	unsigned i;

	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	for (i = 0; i < r->count; i++)
		mem_free(r->programs[i]);
	pthread_mutex_destroy(&r->lock);
	mem_free(r);
}

/* 0, or why not, as errno. A stale socket is removed. */
static int send_to(struct doorbell_ringer *r, const char *name, const void *msg, size_t n)
{
	struct sockaddr_un at;
	int failed = 0;

	if (r->fd < 0 || !name_allowed(name) || !address(&at, r->run_dir, name))
		return ENAMETOOLONG;
	while (sendto(r->fd, msg, n, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&at,
	              sizeof at) < 0) {
		failed = errno;
		if (failed != EINTR)
			break;
		failed = 0;
	}
	if (failed == ECONNREFUSED)
		remove_stale(&at);
	return failed;
}

/* "<program>.<pid>.<n>.sock" */
static bool belongs_to(const char *name, const char *program)
{
	size_t n = strlen(program);

	return name_allowed(name) && strncmp(name, program, n) == 0 && name[n] == '.' &&
	       name[n + 1] >= '0' && name[n + 1] <= '9';
}

void doorbell_count(const char *run_dir, const char *program, unsigned *alive, unsigned *stale)
{
	DIR *dir = opendir(run_dir);
	struct dirent *e;

	*alive = *stale = 0;
	while (dir && (e = readdir(dir)))
		if (belongs_to(e->d_name, program))
			(*(doorbell_alive(run_dir, e->d_name) ? alive : stale))++;
	if (dir)
		closedir(dir);
}

static void look(struct doorbell_ringer *r, struct listeners *l)
{
	DIR *dir = opendir(r->run_dir);
	struct dirent *e;

	l->count = 0;
	while (dir && l->count < SOCKETS_MAX && (e = readdir(dir)))
		if (belongs_to(e->d_name, l->program))
			strcpy(l->names[l->count++], e->d_name);
	if (dir)
		closedir(dir);
}

/* The lock is held. NULL: more programs than there are. */
static struct listeners *listeners_of(struct doorbell_ringer *r, const char *program)
{
	int64_t now = clock_mono_us();
	struct listeners *l = NULL;
	unsigned i;

	for (i = 0; i < r->count && !l; i++)
		if (strcmp(r->programs[i]->program, program) == 0)
			l = r->programs[i];
	if (!l && r->count < PROGRAMS_MAX && strlen(program) < sizeof l->program) {
		l = r->programs[r->count++] = mem_zalloc(sizeof *l);
		strcpy(l->program, program);
		l->looked_at_us = now - LOOK_US;
	}
	if (l && now - l->looked_at_us >= LOOK_US) {
		look(r, l);
		l->looked_at_us = now;
	}
	return l;
}

static void forget(struct listeners *l, unsigned i)
{
	l->count--;
	if (i != l->count)
		memcpy(l->names[i], l->names[l->count], DOORBELL_NAME_SIZE);
}

/* Is it not to be tried again before the next look? A full one is. */
static bool is_gone(int failed)
{
	return failed != 0 && failed != EAGAIN && failed != ENOBUFS;
}

void doorbell_ring_any(struct doorbell_ringer *r, const char *program, const void *msg, size_t n)
{
	struct listeners *l;
	unsigned tried, i;
	bool again = true;
	int failed;

	pthread_mutex_lock(&r->lock);
	l = listeners_of(r, program);
	for (tried = 0; l && tried < l->count; ) {
		i = l->next++ % l->count;
		failed = send_to(r, l->names[i], msg, n);
		if (failed == 0)
			break;
		if (!is_gone(failed)) {
			tried++;
			continue;
		}
		forget(l, i);
		/* the last one may have been replaced by one that was started since */
		if (l->count == 0 && again) {
			look(r, l);
			again = false;
		}
	}
	pthread_mutex_unlock(&r->lock);
}

void doorbell_ring_all(struct doorbell_ringer *r, const char *program, const char *except, const void *msg, size_t n)
{
	struct listeners *l;
	unsigned i;

	pthread_mutex_lock(&r->lock);
	l = listeners_of(r, program);
	for (i = l ? l->count : 0; i-- > 0; )
		if (!(except && strcmp(l->names[i], except) == 0) && is_gone(send_to(r, l->names[i], msg, n)))
			forget(l, i);
	pthread_mutex_unlock(&r->lock);
}

void doorbell_ring_name(struct doorbell_ringer *r, const char *name, const void *msg, size_t n)
{
	pthread_mutex_lock(&r->lock);
	send_to(r, name, msg, n);
	pthread_mutex_unlock(&r->lock);
}
