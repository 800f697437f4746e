/* mcp: lines of the client, one after the other, and the loop in which they are on their way. */
#include "ctl/mcp.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define QUIET_S   330                  /* an agent may take 300 */
#define LINGER_US INT64_C(10000000)    /* after the end of standard input, for what is under way */
#define READ_SIZE 65536

struct input { struct buf line; bool ended, skipping; int64_t ended_us; };

static volatile sig_atomic_t got_signal;

static void on_signal(int number)
{
	got_signal = number;
}

void mcp_log(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	table_printable(text);
	fprintf(stderr, "agentivctl mcp: %s\n", text);
}

/* ---- standard output ---- */

static void write_all(struct mcp *s, const char *p, size_t n)
{
	ssize_t written;

	while (n > 0 && !s->out_broken) {
		written = write(STDOUT_FILENO, p, n);
		if (written < 0 && errno != EINTR) {
			s->out_broken = true;
			if (errno != EPIPE)
				mcp_log("standard output: %s", strerror(errno));
		}
		p += written > 0 ? written : 0;
		n -= written > 0 ? (size_t)written : 0;
	}
}

/* JSON may have ends of lines between its tokens, a line may not. */
void mcp_put_line(struct mcp *s, const char *text, size_t n)
{
	char *line = mem_alloc(n + 1);
	size_t i;

	for (i = 0; i < n; i++)
		line[i] = text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
	line[n] = '\n';
	write_all(s, line, n + 1);
	mem_free(line);
}

void mcp_put_error(struct mcp *s, const char *id, size_t id_len, enum mcp_code code, const char *message, const char *data,
                   size_t data_len)
{
	struct json_out w;
	struct buf b;

	buf_init(&b, MCP_MESSAGE_MAX + MCP_ANSWER_MAX + 4096);
	json_begin(&w, &b);
	json_obj_open(&w, NULL);
	json_put_str(&w, "jsonrpc", "2.0");
	json_put_raw(&w, "id", id ? id : "null", id ? id_len : 4);
	json_obj_open(&w, "error");
	json_put_int(&w, "code", code);
	json_put_str(&w, "message", message);
	if (data)
		json_put_raw(&w, "data", data, data_len);
	json_obj_close(&w);
	json_obj_close(&w);
	mcp_put_line(s, buf_str(&b), b.len);
	buf_release(&b);
}

/* ---- standard input ---- */

static void take_message(struct mcp *s, const char *text, size_t n)
{
	char *line = mem_strndup(text, n);
	struct mcp_message m;
	enum mcp_code code;
	struct error err;

	if (mcp_read(line, n, &m, &code, &err)) {
		if (!m.cancels || mcp_call_cancel(s, &m)) {
			mcp_call_begin(s, &m, line, n);
			return;
		}
	} else {
		mcp_put_error(s, m.id_text, m.id_len, code, err.message, NULL, 0);
	}
	json_object_put(m.root);
	mem_free(line);
}

static void end_line(struct mcp *s, struct input *in)
{
	const char *text = buf_str(&in->line);
	size_t n = in->line.len;

	if (in->skipping) {
		in->skipping = false;
	} else if (text[strspn(text, " \t\r")]) {
		take_message(s, text, n);
	}
	buf_reset(&in->line);
}

static void take_bytes(struct mcp *s, struct input *in, const char *p, size_t n)
{
	const char *end = p + n, *newline;

	while (p < end) {
		newline = memchr(p, '\n', (size_t)(end - p));
		if (!in->skipping && !buf_add(&in->line, p, (size_t)((newline ? newline : end) - p))) {
			mcp_put_error(s, NULL, 0, MCP_PARSE_ERROR, "A message is larger than 4 MiB", NULL, 0);
			in->skipping = true;
		}
		if (newline)
			end_line(s, in);
		p = newline ? newline + 1 : end;
	}
}

static void read_input(struct mcp *s, struct input *in)
{
	char bytes[READ_SIZE];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);

	if (n > 0) {
		take_bytes(s, in, bytes, (size_t)n);
		return;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (in->line.len > 0)
		end_line(s, in);
	in->ended = true;
	in->ended_us = clock_mono_us();
}

/* ---- the loop ---- */

static void turn(struct mcp *s, struct input *in, const sigset_t *unblocked)
{
	struct transfers *t = s->c->caller->transfers;
	struct pollfd fds[] = {{.fd = transfers_fd(t), .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	int64_t due = transfers_due(t), until = in->ended ? in->ended_us + LINGER_US : INT64_MAX, left;
	bool listening = !in->ended && s->call_count < MCP_CALLS_MAX;
	struct timespec ts;

	if (due < until)
		until = due;
	left = until == INT64_MAX ? 0 : until - clock_mono_us();
	left = left > 0 ? left : 0;
	ts = (struct timespec){.tv_sec = left / 1000000, .tv_nsec = (long)(left % 1000000) * 1000};
	if (ppoll(fds, listening ? 2 : 1, until == INT64_MAX ? NULL : &ts, unblocked) > 0 && listening && fds[1].revents)
		read_input(s, in);
	transfers_run(t);
}

static bool over(const struct mcp *s, const struct input *in)
{
	return got_signal || s->out_broken ||
	       (in->ended && (s->call_count == 0 || clock_mono_us() >= in->ended_us + LINGER_US));
}

static void catch_signals(sigset_t *unblocked)
{
	struct sigaction act = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};
	sigset_t ends;

	sigemptyset(&act.sa_mask);
	sigemptyset(&ignore.sa_mask);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ends, unblocked);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool cmd_mcp(struct ctl *c)
{
	struct mcp s = {.c = c, .quiet_ms = ctl_number(c, "timeout", QUIET_S) * 1000};
	struct input in = {.ended = false};
	sigset_t unblocked;

	s.url = arena_printf(&c->arena, "%s/mcp", c->caller->base);
	buf_init(&in.line, MCP_MESSAGE_MAX);
	catch_signals(&unblocked);
	while (!over(&s, &in))
		turn(&s, &in, &unblocked);
	s.ending = true;
	transfers_abort(c->caller->transfers);
	buf_release(&in.line);
	return true;
}
