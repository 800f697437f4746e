/* Files that options name: certificates, passwords. */
#include "ctl/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool ctl_read_file(struct ctl *c, const char *option, const char *path, size_t max, char **out)
{
	bool input = strcmp(path, "-") == 0;
	int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = 1;

	*out = arena_alloc(&c->arena, max + 2);
	while (fd >= 0 && n <= max && got != 0) {
		got = read(fd, *out + n, max + 1 - n);
		if (got < 0 && errno != EINTR)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (fd < 0 || got < 0)
		err_field(&c->err, option, "--%s %.200s: %s", option, path, strerror(errno));
	else if (n > max)
		err_field(&c->err, option, "--%s %.200s is longer than %zu bytes", option, path, max);
	else if (memchr(*out, '\0', n))
		err_field(&c->err, option, "--%s %.200s is no text", option, path);
	(*out)[n] = '\0';
	if (fd >= 0 && !input)
		close(fd);
	return c->err.code == ERR_NONE;
}

/* Others on this host should not be able to read it; whether they may is the operator's to say. */
static void warn_of_readers(struct ctl *c, const char *path)
{
	struct stat st;

	if (!c->json && strcmp(path, "-") != 0 && stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		fprintf(stderr, "agentivctl: warning: every user of this host can read %s\n", path);
}

bool ctl_read_secret(struct ctl *c, const char *option, char **out)
{
	const char *path = ctl_text(c, option);

	if (!ctl_read_file(c, option, path, CTL_SECRET_MAX, out))
		return false;
	(*out)[strcspn(*out, "\r\n")] = '\0';
	if (!**out)
		return err_field(&c->err, option, "The first line of %.200s is empty", path);
	warn_of_readers(c, path);
	return true;
}
