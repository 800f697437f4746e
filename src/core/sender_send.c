/* Attempts: started where there is room, judged when they end. The owner's thread. */
#include "core/sender_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rnd.h"

#define ERROR_TEXT   300     /* bytes, of what is kept of a failed attempt */
#define LEASE_SPARE_MS 1000  /* of a lease beyond the attempt's own time, for its record */
#define LARGE        16384   /* bytes */

void sendings_init(struct sendings *l)
{
	*l = (struct sendings){.last = &l->first};
}

void sendings_add(struct sendings *l, struct sending *g)
{
	g->next = NULL;
	*l->last = g;
	l->last = &g->next;
	l->count++;
	l->bytes += g->size;
}

struct sending *sendings_take(struct sendings *l)
{
	struct sending *g = l->first;

	if (!g)
		return NULL;
	l->first = g->next;
	if (!l->first)
		l->last = &l->first;
	l->count--;
	l->bytes -= g->size;
	return g;
}

void sendings_move(struct sendings *from, struct sendings *to)
{
	if (!from->first)
		return;
	*to->last = from->first;
	to->last = from->last;
	to->count += from->count;
	to->bytes += from->bytes;
	sendings_init(from);
}

void sending_free(struct sending *g)
{
	mem_free(g->error);
	mem_free(g->response);
	sending_mail_free(g->mail);
	mem_free(g);
}

void sending_failed(struct sender *s, struct sending *g, bool final, int64_t retry_after_s)
{
	struct delivery_result *r = &g->result;

	r->retry_at = final ? 0 : webhook_retry_at(&s->schedule, r->attempt, clock_now_ms(), retry_after_s,
	                                           rnd_unit());
	r->state = r->retry_at ? DELIVERY_PENDING : DELIVERY_FAILED;
}

/* What a receiver said, as one line of valid UTF-8. */
static void clean(char *text)
{
	bool valid = json_utf8_valid(text, strlen(text));

	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
		else if (!valid && (unsigned char)*text >= 0x80)
			*text = '?';
}

/* A text that was cut may end inside a character. */
static size_t whole_characters(const char *text, size_t n)
{
	size_t back = 0;

	while (back < 4 && back < n && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back < n && (unsigned char)text[n - 1 - back] >= 0xc0 &&
	    !json_utf8_valid(text + n - 1 - back, back + 1))
		return n - 1 - back;
	return n;
}

static void explain(struct sending *g, const struct http_answer *a)
{
	char text[ERROR_TEXT];
	int n;

	if (a->error)
		n = snprintf(text, sizeof text, "%s", a->error);
	else if (a->status >= 300 && a->status < 400)
		n = snprintf(text, sizeof text, "The receiver answered %d; redirects are not followed",
		             a->status);
	else
		n = snprintf(text, sizeof text, "The receiver answered %d%s%.*s", a->status,
		             a->body_len > 0 ? ": " : "",
		             (int)whole_characters(a->body, a->body_len), a->body_len > 0 ? a->body : "");
	if (n >= (int)sizeof text)
		text[whole_characters(text, sizeof text - 1)] = '\0';
	clean(text);
	g->error = mem_strdup(text);
	g->result.error = g->error;
}

static void leave_lanes(struct sending *g)
{
	lane_put(g->receiver);
	lane_put(g->account);
	g->receiver = g->account = NULL;
}

/* Whose webhooks do not come looks here first. The URL and what a receiver says stay out of it: they may hold a
 * secret. The mail server is the operator's. */
void sending_tell(const struct sending *g)
{
	const struct delivery_result *r = &g->result;
	bool again = r->state == DELIVERY_PENDING;
	char id[ID_TEXT_SIZE], error[2 * ERROR_TEXT];

	id_format(ID_DELIVERY, &r->id, id);
	log_write(again ? LOG_INFO : LOG_WARN, again ? "a delivery is to be tried again" : "a delivery has failed",
	          "delivery=%s attempt=%u status=%d error=%s", id, r->attempt, r->status,
	          log_quote(r->status && !g->mail ? "" : r->error, error, sizeof error));
}

static void keep_response(struct sending *g, const struct http_answer *a)
{
	if (a->status == 0 || a->body_len == 0)
		return;
	g->result.response_len = a->body_len < OUTBOX_RESPONSE_MAX ? a->body_len : OUTBOX_RESPONSE_MAX;
	g->response = mem_alloc(g->result.response_len);
	memcpy(g->response, a->body, g->result.response_len);
	g->result.response = g->response;
}

static void judge(struct sender *s, struct sending *g, const struct http_answer *a)
{
	g->result.status = a->status;
	g->result.duration_ms = a->duration_us / 1000;
	keep_response(g, a);
	if (a->status >= 200 && a->status < 300) {
		g->result.state = DELIVERY_DELIVERED;
		return;
	}
	explain(g, a);
	sending_failed(s, g, a->refused || a->status == STATUS_GONE, a->retry_after_s);
	sending_tell(g);
}

/* It may wait for its record while others need the memory. */
static struct sending *without_body(struct sending *g)
{
	/* size goes on counting what was held for it, until the sender gives that back */
	struct sending *small;

	if (g->size < LARGE)
		return g;
	small = mem_grow(g, sizeof *g + strlen(g->call.url) + 1);
	small->result.url = small->result.url ? small->text : NULL;
	return small;
}

bool sending_leave(struct sending *g, enum lane_end end, int64_t duration_us)
{
	struct sender *s = g->sender;
	int64_t now_us = clock_mono_us();

	lane_end(g->receiver, end, duration_us, now_us);
	lane_end(g->account, end, duration_us, now_us);
	s->slow -= g->slow;
	leave_lanes(g);
	if (!s->stopping)
		return true;
	g->release_at = clock_now_ms();
	sendings_add(&s->back, g);
	return false;
}

static void on_done(struct http_call *call, const struct http_answer *a)
{
	struct sending *g = (struct sending *)call;
	struct sender *s = g->sender;
	enum lane_end end = a->status == 0 ? LANE_SILENT : a->status / 100 == 2 ? LANE_WELL : LANE_ANSWERED;

	if (!sending_leave(g, end, a->duration_us))
		return;
	judge(s, g, a);
	sendings_add(&s->ended, without_body(g));
}

/* It ends before it was sent. */
static void end_unsent(struct sender *s, struct sending *g, const struct error *err, bool final)
{
	struct http_answer answer = {.error = err->message, .refused = final};

	g->result.at = clock_now_ms();
	leave_lanes(g);
	judge(s, g, &answer);
	sendings_add(&s->ended, g);
}

static bool post(struct sender *s, struct sending *g, struct error *err)
{
	g->call.done = on_done;
	if (g->result.has_endpoint)
		g->result.url = g->call.url;
	return http_client_post(s->http, &g->call, err);
}

static void start(struct sender *s, struct sending *g, int64_t now_us)
{
	struct error err;

	if (!g->mail && !outbound_check_url(s->env.rules, g->call.url, "", &err)) {
		end_unsent(s, g, &err, err.code == ERR_INVALID_INPUT);
		return;
	}
	g->result.at = clock_now_ms();
	if (!(g->mail ? sender_mail_send : post)(s, g, &err)) {
		log_error("a delivery could not be sent", &err);
		end_unsent(s, g, &err, false);
		return;
	}
	g->slow = lane_slow(g->receiver);
	s->slow += g->slow;
	lane_begin(g->receiver, now_us);
	lane_begin(g->account, now_us);
}

static void give_back(struct sender *s, struct sending *g, int64_t release_at)
{
	leave_lanes(g);
	g->release_at = release_at;
	sendings_add(&s->back, g);
}

static void enter_lanes(struct sender *s, struct sending *g, int64_t now_us)
{
	const struct delivery_result *r = &g->result;

	if (g->receiver)
		return;
	g->receiver = g->mail ? sender_mail_lane(s, now_us) :
		      r->has_endpoint ? lane_of_endpoint(&s->endpoints, &r->endpoint_id, g->call.url, now_us) :
					lane_of_origin(&s->origins, g->call.url, now_us);
	g->account = lane_get(&s->accounts, &g->result.account_id, sizeof g->result.account_id, now_us);
}

/* true: it goes on waiting. */
static bool send_or_wait(struct sender *s, struct sending *g, int64_t now_us, int64_t now_ms)
{
	struct lane *full;
	bool crowded;

	if (s->draining || g->result.due_at - now_ms < g->call.timeout_ms + LEASE_SPARE_MS) {
		give_back(s, g, now_ms);
		return false;
	}
	enter_lanes(s, g, now_us);
	crowded = lane_slow(g->receiver) && s->slow >= s->slow_most;
	full = crowded || !lane_open(g->receiver, now_us) ? g->receiver : !lane_open(g->account, now_us) ? g->account : NULL;
	if (!full) {
		start(s, g, now_us);
		return false;
	}
	if (!crowded && !lane_stuck(full, now_us))
		return true;
	give_back(s, g, lane_postpone(full, now_ms, now_us));
	return false;
}

void send_waiting(struct sender *s)
{
	int64_t now_us = clock_mono_us(), now_ms = clock_now_ms();
	struct sendings again;
	struct sending *g;

	sendings_init(&again);
	while ((g = sendings_take(&s->waiting)) != NULL)
		if (send_or_wait(s, g, now_us, now_ms))
			sendings_add(&again, g);
	sendings_move(&again, &s->waiting);
}
