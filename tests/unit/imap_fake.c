#include "imap_fake.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static char capability[400];

static const struct fake_reply usual[] = {
	{"CAPABILITY", capability, 0},
	{"SELECT", "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\nTAG OK [READ-WRITE] done\r\n", 0},
	{"EXAMINE", "* 1 EXISTS\r\n* OK [UIDVALIDITY 9] ok\r\nTAG OK [READ-ONLY] done\r\n", 0},
	{"UID SEARCH", "* SEARCH\r\nTAG OK done\r\n", 0},
	{"", "TAG OK done\r\n", 0},
};

static bool fits(const char *pattern, const char *command)
{
	char whole[300];
	regex_t r;
	bool ok;

	snprintf(whole, sizeof whole, "^%s", pattern);
	if (regcomp(&r, whole, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	ok = regexec(&r, command, 0, NULL, 0) == 0;
	regfree(&r);
	return ok;
}

static const char *answer_to(struct fake *f, const char *command)
{
	const struct fake_reply *r;
	unsigned i;

	for (i = 0, r = f->replies; r && r->pattern; i++, r++)
		if ((r->times == 0 || f->used[i] < r->times) && fits(r->pattern, command)) {
			f->used[i]++;
			return r->answer;
		}
	for (r = usual; !fits(r->pattern, command); r++)
		;
	return r->answer;
}

static bool say(int client, const char *text, const char *tag)
{
	struct buf out;
	const char *at;
	bool ok;

	buf_init(&out, 1 << 20);
	for (; (at = strstr(text, "TAG ")); text = at + 3) {
		buf_add(&out, text, (size_t)(at - text));
		buf_adds(&out, tag);
	}
	buf_adds(&out, text);
	ok = write(client, out.data, out.len) == (ssize_t)out.len;
	buf_release(&out);
	return ok;
}

static bool hear(struct fake *f, int client, char *line)
{
	char *space = strchr(line, ' ');
	const char *answer, *command = space ? space + 1 : line;

	if (space)
		*space = '\0';
	pthread_mutex_lock(&f->lock);
	buf_addf(&f->said, "%s\n", command);
	answer = answer_to(f, command);
	pthread_mutex_unlock(&f->lock);
	return answer && say(client, answer, line);
}

static void talk(struct fake *f, int client)
{
	char line[8000];
	size_t n = 0;

	if (!say(client, "* OK hello\r\n", ""))
		return;
	while (n < sizeof line - 1 && read(client, line + n, 1) == 1) {
		if (line[n++] != '\n')
			continue;
		line[n - (n > 1 && line[n - 2] == '\r' ? 2 : 1)] = '\0';
		n = 0;
		if (!hear(f, client, line))
			return;
	}
}

static void *serve(void *arg)
{
	struct fake *f = arg;
	int client;

	while ((client = accept(f->fd, NULL, NULL)) >= 0) {
		talk(f, client);
		close(client);
	}
	return NULL;
}

void fake_start(struct fake *f, const char *capabilities, const struct fake_reply *replies)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	struct error err;

	memset(f, 0, sizeof *f);
	snprintf(capability, sizeof capability, "* CAPABILITY IMAP4rev1 AUTH=PLAIN %s\r\nTAG OK done\r\n", capabilities);
	f->replies = replies;
	buf_init(&f->said, 1 << 20);
	pthread_mutex_init(&f->lock, NULL);
	f->rules = outbound_rules_new("127.0.0.0/8", &err);
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_EQUAL_FATAL(bind(f->fd, (struct sockaddr *)&a, sizeof a), 0);
	CU_ASSERT_EQUAL_FATAL(listen(f->fd, 5), 0);
	CU_ASSERT_EQUAL_FATAL(getsockname(f->fd, (struct sockaddr *)&a, &n), 0);
	f->port = ntohs(a.sin_port);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&f->thread, NULL, serve, f), 0);
}

bool fake_open(struct fake *f, const char *folder, struct error *err)
{
	struct mailbox_env env = {.rules = f->rules, .deadline_ms = clock_now_ms() + 20000};
	struct json_object *settings = json_object_new_object();
	char url[100];
	bool ok;

	memset(err, 0, sizeof *err);
	snprintf(url, sizeof url, "imap://127.0.0.1:%d%s", f->port, folder);
	json_object_object_add(settings, "url", json_object_new_string(url));
	json_object_object_add(settings, "username", json_object_new_string("user"));
	json_object_object_add(settings, "password", json_object_new_string("hunter2"));
	json_object_object_add(settings, "plaintext", json_object_new_boolean(!f->want_tls));
	ok = mailbox_open(&f->box, "imap", settings, &env, err);
	json_object_put(settings);
	return ok;
}

void fake_end(struct fake *f)
{
	mailbox_close(&f->box);
	shutdown(f->fd, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->fd);
	outbound_rules_free(f->rules);
	buf_release(&f->said);
	pthread_mutex_destroy(&f->lock);
}

unsigned fake_heard(struct fake *f, const char *words)
{
	const char *line;
	unsigned n = 0;

	pthread_mutex_lock(&f->lock);
	for (line = buf_str(&f->said); *line; line += strcspn(line, "\n") + 1)
		n += strncmp(line, words, strlen(words)) == 0;
	pthread_mutex_unlock(&f->lock);
	return n;
}
