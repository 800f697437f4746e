#include "base_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

bool fx_dir(char dir[FX_PATH])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, FX_PATH, "%.60s/agentiv-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	return mkdtemp(dir) != NULL;
}

/* Calls each (may be NULL) with every entry's path; returns how many there are. */
static unsigned walk(const char *dir, int (*each)(const char *path))
{
	char path[4 * FX_PATH];
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (each)
			each(path);
	}
	if (d)
		closedir(d);
	return n;
}

void fx_dir_remove(const char *dir)
{
	walk(dir, unlink);
	rmdir(dir);
}

unsigned fx_dir_count(const char *dir)
{
	return walk(dir, NULL);
}

void fx_file(const char *dir, const char *name, const char *text, char path[2 * FX_PATH])
{
	FILE *f;

	snprintf(path, 2 * FX_PATH, "%s/%s", dir, name);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void read_all(int fd, char *out, size_t size)
{
	size_t n = 0;
	ssize_t got;
	char rest[256];

	while (n + 1 < size && (got = read(fd, out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	while (read(fd, rest, sizeof rest) > 0)
		;
}

int fx_child(void (*body)(void), char *out, size_t size)
{
	static const struct rlimit none = {0, 0};
	char ignored[64];
	int ends[2], status = -1;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		body();
		_exit(0);
	}
	close(ends[1]);
	read_all(ends[0], out ? out : ignored, out ? size : sizeof ignored);
	close(ends[0]);
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	return status;
}

void fx_stderr(void (*body)(void), char *out, size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	body();
	dup2(saved, STDERR_FILENO);
	close(saved);
	read_all(ends[0], out, size);
	close(ends[0]);
}
