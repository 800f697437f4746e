/* The sender: the owner's loop, start and stop, and one bounded pass. */
#include "core/sender.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/rnd.h"
#include "core/bells.h"
#include "core/sender_priv.h"
#include "core/threads.h"

#define USER_AGENT    "Agentiv-Webhooks/1"
#define LOOK_AGAIN_US INT64_C(50000)       /* while some wait for room in a lane */
#define PASS_ON_US    INT64_C(1000000)     /* between two calls to the other senders */
#define FILES_EACH    3                    /* of an attempt: its connection, and the two of a name that is being looked up */
#define FILES_SPARE   100
#define ORIGIN_FIRST  8                    /* at once to one that is not known yet: many runs may name it */
#define REST_US       INT64_C(60000000)    /* idle for so long: connections are closed, memory given back */

static unsigned at_least_one(unsigned n)
{
	return n > 0 ? n : 1;
}

static void set_lanes(struct sender *s)
{
	unsigned most = at_least_one(s->inflight - s->inflight / 4);

	s->slow_most = at_least_one(s->inflight / 2);
	/* one that is not known yet may be one that does not answer */
	s->endpoints = (struct lanes){.first = 1, .most = s->slow_most};
	s->origins = (struct lanes){.first = ORIGIN_FIRST < s->slow_most ? ORIGIN_FIRST : s->slow_most, .most = s->slow_most};
	s->accounts = (struct lanes){.first = most, .most = most, .fixed = true};
}

/* How many may be under way: as many as configured, if the process may have that many descriptors open. */
static unsigned bounded_inflight(const struct config *cfg)
{
	unsigned wanted = at_least_one((unsigned)cfg->sender_inflight), files = wanted * FILES_EACH + FILES_SPARE;
	unsigned allowed = process_allow_files(files), inflight;

	if (allowed >= files)
		return wanted;
	inflight = at_least_one(allowed > FILES_SPARE ? (allowed - FILES_SPARE) / FILES_EACH : 0);
	log_write(LOG_WARN, "fewer deliveries at once than webhooks.inflight: raise the process's limit of open files",
	          "inflight=%u files=%u limit=%u", inflight, files, allowed);
	return inflight;
}

static struct sender *sender_new(const struct sender_env *env, int64_t budget)
{
	struct sender *s = mem_zalloc(sizeof *s);

	s->env = *env;
	s->budget = budget;
	s->shard = (unsigned)(rnd_u64() % OUTBOX_TOTALS);
	s->due_ms = INT64_MAX;
	s->inflight = bounded_inflight(env->cfg);
	set_lanes(s);
	sendings_init(&s->waiting);
	sendings_init(&s->ended);
	sendings_init(&s->back);
	sendings_init(&s->claimed);
	sendings_init(&s->results);
	sendings_init(&s->releases);
	s->active_us = clock_mono_us();
	pthread_mutex_init(&s->lock, NULL);
	cond_init_mono(&s->claim);
	cond_init_mono(&s->record);
	cond_init_mono(&s->freed);
	return s;
}

static bool make_clients(struct sender *s, struct error *err)
{
	struct http_options http = {.rules = s->env.rules, .user_agent = USER_AGENT, .ca_file = config_ca_file(s->env.cfg)};

	s->transfers = outbound_check_ca_file(http.ca_file, err) ? transfers_new(s->inflight, err) : NULL;
	if (!s->transfers)
		return false;
	s->http = http_client_new(s->transfers, &http);
	sender_mail_start(s);
	return true;
}

static struct sender *start(const struct sender_env *env, int64_t budget, struct error *err)
{
	struct sender *s = sender_new(env, budget);

	if (webhook_schedule_read(env->cfg->webhook_schedule_s, &s->schedule, err) && make_clients(s, err) &&
	    recorder_start(s, err) && claimer_start(s, err))
		return s;
	sender_stop(s);
	return NULL;
}

struct sender *sender_start(const struct sender_env *env, struct error *err)
{
	return start(env, -1, err);
}

int sender_fd(const struct sender *s)
{
	return transfers_fd(s->transfers);
}

void sender_pass_on(struct sender *s)
{
	int64_t now_us = clock_mono_us();

	if (now_us < s->pass_on_us)
		return;
	s->pass_on_us = now_us + PASS_ON_US;
	bell_ring_others(s->env.ringer, SENDER_PROGRAM, s->env.doorbell, BELL_LOOK);
}

void sender_look_again(struct sender *s)
{
	pthread_mutex_lock(&s->lock);
	s->rung = true;
	pthread_cond_signal(&s->claim);
	pthread_mutex_unlock(&s->lock);
}

void sender_work_came(struct sender *s)
{
	sender_look_again(s);
	pthread_mutex_lock(&s->lock);
	if (s->claim_stop || claimer_room(s) == 0)
		sender_pass_on(s);
	pthread_mutex_unlock(&s->lock);
}

/* What ended goes to the recorder, what was claimed comes in. */
static void exchange(struct sender *s)
{
	unsigned ended = s->ended.count + s->back.count;
	bool record = ended > 0;

	pthread_mutex_lock(&s->lock);
	s->held -= ended;
	s->held_bytes -= s->ended.bytes + s->back.bytes;
	s->counts.postponed += s->draining ? 0 : s->back.count;
	sendings_move(&s->ended, &s->results);
	sendings_move(&s->back, &s->releases);
	sendings_move(&s->claimed, &s->waiting);
	if (record) {
		pthread_cond_signal(&s->record);
		pthread_cond_signal(&s->freed);
		if (s->wants_room && claimer_room(s) > 0)
			pthread_cond_signal(&s->claim);
	}
	pthread_mutex_unlock(&s->lock);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_call(struct sender *s)
{
	int64_t now_us = clock_mono_us();

	if (s->waiting.count > 0)
		return earlier(transfers_due(s->transfers), now_us + LOOK_AGAIN_US);
	if (transfers_active(s->transfers) > 0) {
		s->active_us = now_us;
		s->rested = false;
		return transfers_due(s->transfers);
	}
	if (s->rested)
		return INT64_MAX;
	if (now_us < s->active_us + REST_US)
		return s->active_us + REST_US;
	http_client_rest(s->http);
	transfers_rest(s->transfers);
	malloc_trim(0);
	s->rested = true;
	return INT64_MAX;
}

int64_t sender_work(struct sender *s)
{
	transfers_run(s->transfers);
	exchange(s);
	if (s->waiting.count > 0) {
		send_waiting(s);
		transfers_run(s->transfers);
		if (s->ended.count + s->back.count > 0)
			exchange(s);
	}
	return next_call(s);
}

void sender_drain(struct sender *s)
{
	s->draining = true;
	pthread_mutex_lock(&s->lock);
	s->claim_stop = true;
	pthread_cond_broadcast(&s->claim);
	pthread_cond_broadcast(&s->freed);
	pthread_mutex_unlock(&s->lock);
}

bool sender_idle(struct sender *s)
{
	bool idle;

	pthread_mutex_lock(&s->lock);
	idle = s->held == 0 && !s->claiming && !s->results.first && !s->releases.first && !s->recording;
	pthread_mutex_unlock(&s->lock);
	return idle;
}

void sender_counts(struct sender *s, struct sender_counts *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->counts;
	pthread_mutex_unlock(&s->lock);
}

void sender_stop(struct sender *s)
{
	if (!s)
		return;
	claimer_stop(s);
	s->draining = s->stopping = true;
	if (s->transfers)
		transfers_abort(s->transfers);
	exchange(s);
	send_waiting(s);
	exchange(s);
	recorder_stop(s);
	http_client_free(s->http);
	smtp_client_free(s->smtp);
	transfers_free(s->transfers);
	lanes_release(&s->origins);
	lanes_release(&s->endpoints);
	lanes_release(&s->accounts);
	lanes_release(&s->mails);
	pthread_cond_destroy(&s->claim);
	pthread_cond_destroy(&s->record);
	pthread_cond_destroy(&s->freed);
	pthread_mutex_destroy(&s->lock);
	mem_free(s);
}

/* One pass: the loop of a sender without a daemon. */

static void ring_pass(void *ctx)
{
	static const uint64_t one = 1;

	while (write(*(int *)ctx, &one, sizeof one) < 0 && errno == EINTR)
		;
}

static void wait_pass(struct sender *s, int bell, int64_t until_us)
{
	struct pollfd fds[] = {{.fd = bell, .events = POLLIN}, {.fd = sender_fd(s), .events = POLLIN}};
	int64_t left_us = until_us == INT64_MAX ? -1 : until_us - clock_mono_us();
	uint64_t count;

	if (until_us != INT64_MAX && left_us < 0)
		left_us = 0;
	poll(fds, 2, left_us < 0 ? -1 : (int)(left_us / 1000 < 60000 ? (left_us + 999) / 1000 : 60000));
	if (fds[0].revents && read(bell, &count, sizeof count) < 0 && errno != EAGAIN)
		return;
}

/* Nothing is under way, and nothing more will come. */
static bool pass_over(struct sender *s, bool *away)
{
	bool done;

	if (!sender_idle(s))
		return false;
	pthread_mutex_lock(&s->lock);
	done = s->claim_stop || s->nothing_due || s->away || s->budget == 0;
	*away = s->away;
	pthread_mutex_unlock(&s->lock);
	return done;
}

bool sender_pass(const struct sender_env *env, unsigned max, int64_t deadline_us, struct sender_counts *out,
                 struct error *err)
{
	int bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct sender_env mine = *env;
	struct sender *s = NULL;
	bool away = false;

	memset(out, 0, sizeof *out);
	mine.wake = ring_pass;
	mine.wake_ctx = &bell;
	if (bell < 0) {
		err_set(err, ERR_INTERNAL, "No eventfd: %s", strerror(errno));
		return false;
	}
	s = start(&mine, max, err);
	while (s) {
		int64_t next = sender_work(s);

		if (clock_mono_us() >= deadline_us)
			sender_drain(s);
		else
			next = earlier(next, deadline_us);
		if (pass_over(s, &away))
			break;
		wait_pass(s, bell, next);
	}
	if (s)
		sender_counts(s, out);
	sender_stop(s);
	close(bell);
	if (away)
		return err_set(err, ERR_UNAVAILABLE, "The database cannot be reached");
	return s != NULL;
}
