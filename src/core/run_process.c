#include "core/run_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/local_runs.h"

#define CONNECTIONS 2      /* the run, and the keeper of its lease */

static bool is_file_or_terminal(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode);
}

/* The web server waits until the last process has closed the request's input and output, and its stderr too where that
 * is a pipe (Apache's mod_cgi). */
static void leave_request(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fd == STDERR_FILENO && is_file_or_terminal(fd))
			continue;
		if (fd == STDERR_FILENO)
			log_to_syslog();
		if (nothing < 0 || dup2(nothing, fd) < 0)
			close(fd);
	}
}

/* The thread that is stuck ends with it. */
static void leave_process(void)
{
	_exit(1);
}

/* What the parent has open stays the parent's: its connections are neither used here nor closed by name. */
static bool run(const struct executor_env *env, const struct id *id, struct error *err)
{
	struct executor_env own = *env;
	bool claimed, ok;

	own.db = db_open(env->cfg, CONNECTIONS, err);
	if (!own.db)
		return false;
	local_owner(&own.owner);
	own.left = leave_process;
	ok = executor_run_one(&own, id, &claimed, err);
	db_close(own.db);
	return ok;
}

static _Noreturn void child(const struct executor_env *env, const struct id *id)
{
	struct error err = {0};

	setsid();
	leave_request();
	if (!run(env, id, &err))
		log_error("the synchronous run could not be run here", &err);
	_exit(0);      /* the handlers at exit are the parent's */
}

bool run_process_start(const struct executor_env *env, const struct id *id, int *ended_fd, struct error *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_set(err, ERR_UNAVAILABLE, "no pipe for a run's process: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child(env, id);       /* the write end closes with it */
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err_set(err, ERR_UNAVAILABLE, "no process for a run: %s", strerror(errno));
	}
	*ended_fd = fds[0];
	return true;
}

void run_process_wait(int ended_fd, int64_t until_us)
{
	struct pollfd end = {.fd = ended_fd, .events = POLLIN};
	int64_t left_us;
	int n;

	do {
		left_us = until_us - clock_mono_us();
		n = poll(&end, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
	} while (n < 0 && errno == EINTR);
}
