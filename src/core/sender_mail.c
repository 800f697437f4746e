/* Mails: composed by the claimer's thread of what there is to tell, sent by the owner's like any other delivery. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/mail.h"
#include "core/sender_priv.h"
#include "core/unsubscribe.h"

#define AT_ONCE  4         /* to the mail server */
#define HELD_MAX 32        /* composed, and not yet ended */
#define PACE_MS  10        /* between those that are put off as so many are held */
#define PUT_OFF_MIN_MS 500
#define PUT_OFF_MAX_MS 120000
#define URL_MAX  2048
#define MINUTE_MS INT64_C(60000)

/* A mail on its way, its texts with it. */
struct sending_mail {
	struct smtp_call call;               /* first: the client gives it back */
	struct sender *sender;
	struct sending *sending;
	struct smtp_mail mail;
	struct arena arena;
};

void sender_mail_start(struct sender *s)
{
	const struct config *cfg = s->env.cfg;
	struct smtp_options options;

	/* four at once, or fewer while it does not answer; a breaker for one that is away, or refuses the login, which a
	 * provider may lock when it is tried too often */
	s->mails = (struct lanes){.first = AT_ONCE, .most = AT_ONCE, .wary = true};
	if (!*cfg->mail_url)
		return;
	mail_server_of(cfg, &options);
	s->smtp = smtp_client_new(s->transfers, &options);
}

void sending_mail_free(struct sending_mail *m)
{
	if (!m)
		return;
	atomic_fetch_sub(&m->sender->mails_held, 1);
	arena_release(&m->arena);
	mem_free(m);
}

/* ---- the claimer's ---- */

static const char *unsubscribe_url(struct sender *s, struct db_conn *c, const struct mail_recipient *to,
                                   const struct notification_row *rows, unsigned count, struct arena *a, struct error *err)
{
	unsigned kinds = 0, i;
	const char *url = NULL;
	struct buf b;

	for (i = 0; i < count; i++)
		kinds |= 1u << rows[i].kind;
	buf_init(&b, URL_MAX);
	buf_addf(&b, "%s/api/unsubscribe/", s->env.cfg->public_url);
	if (unsubscribe_token(s->env.secrets, c, &to->user_id, to->account_id, kinds, &b, err))
		url = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	return url;
}

/* It never ends as one that was not taken: the account would wait for it, and get no mail any more. */
static enum built not_taken(const struct error *err)
{
	if (err->code != ERR_UNAVAILABLE)
		log_error("what a mail tells cannot be read", err);
	return BUILD_LATER;
}

static enum built compose(struct sender *s, struct db_conn **c, const struct delivery *d, struct sending_mail *m,
                          struct error *err)
{
	struct mail_letter letter = {.delivery = d->id, .now_ms = clock_now_ms()};
	const struct config *cfg = s->env.cfg;
	struct notification_row *rows;
	struct mail_recipient to;
	struct mail_look look;

	/* this comes first, mail or none: what happens from now on is another's */
	if (!notifications_take(s->env.db, c, &d->id, d->account_id, letter.now_ms, cfg->mail_digest_minutes * MINUTE_MS,
	                        &m->arena, &to, &rows, &letter.count, &letter.total, err))
		return err->code == ERR_NOT_FOUND ? BUILD_FAILED_FOR_GOOD : not_taken(err);
	if (letter.count == 0)
		return BUILT_NOTHING;
	if (!s->smtp) {
		err_set(err, ERR_INVALID_INPUT, "Mail is not configured");
		return BUILD_FAILED_FOR_GOOD;
	}
	letter.to = &to;
	letter.rows = rows;
	letter.unsubscribe_url = unsubscribe_url(s, *c, &to, rows, letter.count, &m->arena, err);
	if (!letter.unsubscribe_url)
		return err->code == ERR_UNAVAILABLE ? BUILD_LATER : BUILD_FAILED;
	mail_look_of(cfg, &look);
	return mail_compose(&look, &letter, &m->arena, &m->mail, err) ? BUILT : BUILD_FAILED_FOR_GOOD;
}

enum built sender_mail_make(struct sender *s, struct builder *b, struct db_conn **c, const struct delivery *d,
                            struct sending **out, struct error *err)
{
	struct sending_mail *m;
	enum built built;

	if (atomic_load(&s->mails_held) >= HELD_MAX)
		return BUILD_LATER;
	m = mem_zalloc(sizeof *m);
	m->sender = s;
	atomic_fetch_add(&s->mails_held, 1);
	arena_init(&m->arena);
	built = compose(s, c, d, m, err);
	if (built != BUILT) {
		sending_mail_free(m);
		return built;
	}
	*out = builder_bare(b, d);
	(*out)->mail = m;
	(*out)->size += strlen(m->mail.text) + strlen(m->mail.html);
	(*out)->call.timeout_ms = s->env.cfg->mail_timeout_s * INT64_C(1000);
	m->sending = *out;
	return BUILT;
}

/* A crowd of mails waits in the outbox and in no slot that others could use: each comes back a little after the one before. */
int64_t sender_mail_turn(int64_t *last_ms, int64_t now_ms)
{
	int64_t at = *last_ms + PACE_MS;

	if (at < now_ms + PUT_OFF_MIN_MS)
		at = now_ms + PUT_OFF_MIN_MS;
	if (at > now_ms + PUT_OFF_MAX_MS)
		at = now_ms + PUT_OFF_MAX_MS;
	*last_ms = at;
	return postpone_to(at);
}

/* ---- the owner's thread's ---- */

struct lane *sender_mail_lane(struct sender *s, int64_t now_us)
{
	return lane_get(&s->mails, "", 1, now_us);
}

static void judge(struct sender *s, struct sending *g, const struct smtp_answer *a)
{
	g->result.status = a->status;
	g->result.duration_ms = a->duration_us / 1000;
	if (a->verdict == SMTP_DONE) {
		/* under which name the server goes on with it */
		g->result.response = g->response = mem_strdup(a->text);
		g->result.response_len = strlen(a->text);
		g->result.state = DELIVERY_DELIVERED;
		return;
	}
	g->result.error = g->error = mem_strdup(a->text);
	sending_failed(s, g, a->verdict == SMTP_NEVER, 0);
	sending_tell(g);
}

static void on_done(struct smtp_call *call, const struct smtp_answer *a)
{
	struct sending *g = ((struct sending_mail *)call)->sending;
	/* what it says of a mail or its recipient tells that it is well */
	enum lane_end end = a->about_mail ? LANE_WELL : a->status != 0 ? LANE_ANSWERED : LANE_SILENT;

	if (!sending_leave(g, end, a->duration_us))
		return;
	judge(g->sender, g, a);
	sending_mail_free(g->mail);
	g->mail = NULL;
	sendings_add(&g->sender->ended, g);
}

bool sender_mail_send(struct sender *s, struct sending *g, struct error *err)
{
	struct smtp_call *call = &g->mail->call;

	*call = (struct smtp_call){.mail = &g->mail->mail, .timeout_ms = g->call.timeout_ms, .done = on_done};
	return smtp_client_send(s->smtp, call, err);
}
