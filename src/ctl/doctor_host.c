/* doctor: files, directories and sockets of this host. */
#include "ctl/doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/doorbell.h"
#include "base/mem.h"

/* A secret in a file is for its owner and, at most, the group that the services share. */
static void check_mode(struct doctor *d, const char *check, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 027) != 0)
		doctor_report(d, st.st_mode & 07 ? VERDICT_FAILED : VERDICT_WARNING, check,
		              arena_printf(&d->c->arena, "chmod 600 %s", path),
		              "%s has mode %04o: others than its owner may %s it", path,
		              (unsigned)st.st_mode & 07777, st.st_mode & 022 ? "change" : "read");
}

static void check_ring(struct doctor *d, const char *check, const char *path)
{
	struct secret_ring ring;
	struct error err = {0};
	const char *advice = "put it back from your copy; agentivctl secrets init makes one for a new installation";

	if (!crypto_ring_load(path, &ring, &err)) {
		if (access(path, F_OK) == 0)
			advice = access(path, R_OK) == 0 ?
				 "put the right file back from your copy: what was hashed or sealed under it"
				 " needs it" :
				 "give it to the user that the services run as";
		doctor_report(d, VERDICT_FAILED, check, advice, "%s", err.message);
		return;
	}
	doctor_report(d, VERDICT_OK, check, NULL, "%s: %u key%s, the newest is %s", path, ring.count,
	              ring.count == 1 ? "" : "s", ring.keys[ring.count - 1].id);
	mem_wipe(&ring, sizeof ring);
	check_mode(d, check, path);
}

void doctor_secrets(struct doctor *d)
{
	check_ring(d, "pepper", d->c->cfg.pepper_file);
	check_ring(d, "seal", d->c->cfg.seal_file);
}

void doctor_files(struct doctor *d, const char *config_path)
{
	const struct config *cfg = &d->c->cfg;

	if (*cfg->db_password_file)
		check_mode(d, "password file", cfg->db_password_file);
	else if (*cfg->db_password && config_path)
		check_mode(d, "configuration", config_path);
	if (*cfg->mail_password_file)
		check_mode(d, "mail password file", cfg->mail_password_file);
	if (!*cfg->metrics_token_file)
		return;
	if (access(cfg->metrics_token_file, R_OK) != 0)
		doctor_report(d, VERDICT_FAILED, "metrics token",
		              "write a token into it, or unset http.metrics_token_file", "%s: %s",
		              cfg->metrics_token_file, strerror(errno));
	check_mode(d, "metrics token", cfg->metrics_token_file);
}

void doctor_run_dir(struct doctor *d)
{
	const char *dir = d->c->cfg.run_dir;
	struct doorbell bell;
	struct error err = {0};
	struct stat st;

	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		doctor_report(d, VERDICT_FAILED, "run directory",
		              arena_printf(&d->c->arena, "install -d -o agentiv -g agentiv -m 0750 %s", dir),
		              "%s: %s", dir, S_ISDIR(st.st_mode) ? strerror(errno) : "not a directory");
		return;
	}
	if ((st.st_mode & 02) != 0 && (st.st_mode & 01000) == 0)
		doctor_report(d, VERDICT_FAILED, "run directory",
		              arena_printf(&d->c->arena, "chmod o-w %s", dir),
		              "%s has mode %04o: anybody may remove its sockets", dir,
		              (unsigned)st.st_mode & 07777);
	if (!doorbell_open(&bell, dir, "agentivctl", &err)) {
		doctor_report(d, VERDICT_FAILED, "run directory",
		              "let the user that the services run as own it, and keep its path short", "%s",
		              err.message);
		return;
	}
	doorbell_close(&bell);
	doctor_report(d, VERDICT_OK, "run directory", NULL, "%s: sockets can be made in it", dir);
}

/* 0, or errno. */
static int try_connect(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, failed = 0;

	if (strlen(path) >= sizeof at.sun_path)
		return ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
		failed = errno;
	close(fd);
	return failed;
}

void doctor_listen(struct doctor *d)
{
	const struct config *cfg = &d->c->cfg;
	struct stat st;
	int failed;

	if (!*cfg->listen) {
		doctor_report(d, VERDICT_OK, "listen socket", NULL,
		              "none is configured: the responder is started with one, or as plain CGI");
		return;
	}
	failed = try_connect(cfg->listen);
	if (failed == ENOENT)
		doctor_report(d, VERDICT_WARNING, "listen socket",
		              "start agentiv.fcgi, unless the web server runs it as plain CGI",
		              "%s is not there: no responder runs", cfg->listen);
	else if (failed == ECONNREFUSED)
		doctor_report(d, VERDICT_FAILED, "listen socket", "start agentiv.fcgi; its log says why it ended",
		              "%s is left over: the responder that made it is gone", cfg->listen);
	else if (failed != 0 && failed != EAGAIN)
		doctor_report(d, VERDICT_FAILED, "listen socket",
		              "http.listen is the path of a Unix socket that this user may use", "%s: %s",
		              cfg->listen, strerror(failed));
	else if (stat(cfg->listen, &st) == 0 && (int)(st.st_mode & 0777) != cfg->listen_mode)
		doctor_report(d, VERDICT_WARNING, "listen socket", "restart agentiv.fcgi",
		              "%s has mode %04o, configured is %04o", cfg->listen,
		              (unsigned)st.st_mode & 0777, (unsigned)cfg->listen_mode);
	else
		doctor_report(d, VERDICT_OK, "listen socket", NULL, "%s answers", cfg->listen);
}

void doctor_programs(struct doctor *d)
{
	static const struct { const char *name, *check, *advice; } programs[] = {
		{"agentiv-worker", "worker", "start agentiv-worker, or call agentivctl tick from cron"},
		{"agentiv-scheduler", "scheduler", "start agentiv-scheduler, or call agentivctl tick from cron"},
		{"agentiv-webhookd", "sender", "start agentiv-webhookd, or call agentivctl tick from cron"},
		{"agentiv.fcgi", "responder", "start agentiv.fcgi, unless the web server runs it as plain CGI"},
	};
	unsigned i, alive, stale;

	for (i = 0; i < sizeof programs / sizeof *programs; i++) {
		doorbell_count(d->c->cfg.run_dir, programs[i].name, &alive, &stale);
		if (alive > 0)
			doctor_report(d, VERDICT_OK, programs[i].check, NULL, "%u of %s on this host", alive,
			              programs[i].name);
		else if (stale > 0)
			doctor_report(d, VERDICT_FAILED, programs[i].check, programs[i].advice,
			              "%s is dead and has left its socket behind", programs[i].name);
		else
			doctor_report(d, VERDICT_WARNING, programs[i].check, programs[i].advice,
			              "no %s runs on this host", programs[i].name);
	}
}
