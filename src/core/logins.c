#include "core/logins.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/crypto_password.h"
#include "core/audit.h"
#include "core/bells.h"
#include "store/sessions.h"

#define HASHING_MAX 2            /* passwords at once: 16 MiB and some tenths of a second of a processor each */
#define SUBJECTS    3

struct logins {
	struct db *db;
	struct auth *auth;
	struct doorbell_ringer *ringer;
	pthread_mutex_t lock;
	unsigned hashing;
};

struct logins *logins_new(struct db *db, struct auth *auth, struct doorbell_ringer *ringer)
{
	struct logins *l = mem_zalloc(sizeof *l);

	l->db = db;
	l->auth = auth;
	l->ringer = ringer;
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void logins_free(struct logins *l)
{
	if (l)
		pthread_mutex_destroy(&l->lock);
	mem_free(l);
}

static void forget(struct logins *l)
{
	auth_forget(l->auth);
	bell_ring_all(l->ringer, RESPONDER_PROGRAM, BELL_FORGET);
}

/* ---- hashing, bounded ---- */

static bool begin_hashing(struct logins *l, struct error *err)
{
	bool room;

	pthread_mutex_lock(&l->lock);
	room = l->hashing < HASHING_MAX;
	l->hashing += room;
	pthread_mutex_unlock(&l->lock);
	if (room)
		return true;
	err_set(err, ERR_UNAVAILABLE, "Too many are logging in at once; try again");
	if (err)
		err->retry_after = 1;
	return false;
}

static void end_hashing(struct logins *l)
{
	pthread_mutex_lock(&l->lock);
	l->hashing--;
	pthread_mutex_unlock(&l->lock);
}

static bool verify(struct logins *l, const char *password, const char *hash, bool *same, struct error *err)
{
	if (!begin_hashing(l, err))
		return false;
	*same = password_verify(password, hash);
	end_hashing(l);
	return true;
}

/* ---- failures ---- */

/* The network that one client has: an IPv4 address, or the first four groups of an IPv6 one. */
static void network_of(const char *address, char out[64])
{
	unsigned colons = 0;
	size_t i;

	for (i = 0; address[i] && i < 63; i++) {
		colons += address[i] == ':';
		if (colons == 4 || (colons > 0 && address[i] == ':' && address[i + 1] == ':'))
			break;
		out[i] = address[i];
	}
	out[i] = '\0';
}

static void subject_hash(struct login_subject *s, const char *kind, const char *email, const char *network)
{
	char text[512];
	size_t n = (size_t)snprintf(text, sizeof text, "%s\n%.254s\n%s", kind, email, network), i;

	/* addresses of one account are compared without case, so they are counted so, too */
	for (i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	crypto_sha256(text, n, s->hash);
}

struct attempt {
	struct login_subject subjects[SUBJECTS];      /* sorted by login_count */
	struct login_subject pair, account, from;     /* as they were made */
	int64_t now_ms;
};

static const struct login_subject *counted(const struct attempt *t, const struct login_subject *which)
{
	unsigned i;

	for (i = 0; i < SUBJECTS - 1 && memcmp(t->subjects[i].hash, which->hash, sizeof which->hash) != 0; i++)
		;
	return &t->subjects[i];
}

/* It is counted as failed before it is tried, so that many at once are not more than the limit. */
static bool begin_attempt(struct logins *l, struct attempt *t, const char *email, const char *address,
                          struct error *err)
{
	const struct { const struct login_subject *subject; int64_t max; } limits[SUBJECTS] = {
		{&t->pair, LOGIN_PAIR_MAX}, {&t->account, LOGIN_ACCOUNT_MAX}, {&t->from, LOGIN_ADDRESS_MAX}};
	char network[64];
	unsigned i;

	memset(t, 0, sizeof *t);
	t->now_ms = clock_now_ms();
	network_of(address, network);
	subject_hash(&t->pair, "pair", email, network);
	subject_hash(&t->account, "account", email, "");
	subject_hash(&t->from, "from", "", network);
	for (i = 0; i < SUBJECTS; i++)
		t->subjects[i] = *limits[i].subject;
	if (!login_count(l->db, t->subjects, SUBJECTS, t->now_ms, t->now_ms - LOGIN_WINDOW_MS, err))
		return false;
	for (i = 0; i < SUBJECTS; i++) {
		const struct login_subject *s = counted(t, limits[i].subject);
		int64_t left_ms = s->since + LOGIN_WINDOW_MS - t->now_ms;

		if (s->failures <= limits[i].max)
			continue;
		err_set(err, ERR_RATE_LIMITED, "Too many logins failed; try again in %" PRId64 " minutes",
		        (left_ms + 59999) / 60000);
		if (err)
			err->retry_after = (int)((left_ms + 999) / 1000);
		return false;
	}
	return true;
}

/* Of this address and this account nothing is held against who knows the password. */
static bool attempt_succeeded(struct logins *l, const struct attempt *t, struct error *err)
{
	struct db_conn *c = db_get(l->db, err);
	bool ok = c && login_uncount(c, &t->pair, true, err) && login_uncount(c, &t->account, true, err) &&
		  login_uncount(c, &t->from, false, err);

	db_put(l->db, c);
	return ok;
}

/* ---- what is offered ---- */

/* Who has a session, on itself. */
static void tell(struct audit_draft *d, uint64_t account_id, const struct id *session, const char *address,
                 const char *action)
{
	struct actor who = {.kind = ACTOR_SESSION, .id = *session, .address = address};
	char id[ID_TEXT_SIZE];

	id_format(ID_SESSION, session, id);
	audit_open(d, &who, account_id, action, id);
}

static bool find_account(struct logins *l, const char *email, uint64_t *account_id, char hash[PASSWORD_TEXT_MAX + 1],
                         struct error *err)
{
	struct db_conn *c = db_get(l->db, err);
	bool ok = c && password_find(c, email, account_id, hash, err);

	db_put(l->db, c);
	return ok;
}

static bool open_session(struct logins *l, uint64_t account_id, const char *address,
                         char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	struct session s = {.account_id = account_id, .created_at = clock_now_ms()};
	struct audit_draft told;
	bool ok;

	crypto_base62_make(token, SESSION_TOKEN_LEN);
	session_hash(token, s.hash);
	s.id = id_make_at(s.created_at);
	s.expires_at = s.created_at + SESSION_MOST_MS;
	snprintf(s.address, sizeof s.address, "%s", address);
	tell(&told, account_id, &s.id, address, "session.open");
	ok = session_open(l->db, &s, audit_entry(&told), err);
	audit_release(&told);
	return ok;
}

bool login_open(struct logins *l, const char *email, const char *password, const char *address,
                char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	char hash[PASSWORD_TEXT_MAX + 1];
	struct attempt t;
	uint64_t account_id;
	bool same;

	if (!begin_attempt(l, &t, email, address, err) || !find_account(l, email, &account_id, hash, err) ||
	    !verify(l, password, hash, &same, err))
		return false;
	if (!same)
		return err_set(err, ERR_UNAUTHORIZED, "The e-mail address or the password is wrong");
	return attempt_succeeded(l, &t, err) && open_session(l, account_id, address, token, err);
}

bool login_close(struct logins *l, const struct principal *p, const char *address, const char *cookie,
                 struct error *err)
{
	char token[SESSION_TOKEN_LEN + 1];
	uint8_t hash[SHA256_SIZE];
	struct audit_draft told;
	bool ok;

	if (!session_token(cookie, token))
		return err_set(err, ERR_UNAUTHORIZED, "There is no session to be ended");
	session_hash(token, hash);
	mem_wipe(token, sizeof token);
	tell(&told, p->account_id, &p->session_id, address, "session.close");
	ok = session_end(l->db, hash, audit_entry(&told), err);
	audit_release(&told);
	if (ok)
		forget(l);
	return ok;
}

static bool check_current(struct logins *l, const struct principal *p, const char *address, const char *current,
                          struct error *err)
{
	char hash[PASSWORD_TEXT_MAX + 1], account[32];
	struct attempt t;
	struct db_conn *c;
	bool ok, same;

	snprintf(account, sizeof account, "account:%" PRIu64, p->account_id);
	if (!begin_attempt(l, &t, account, address, err))
		return false;
	c = db_get(l->db, err);
	ok = c && password_load(c, p->account_id, hash, err);
	db_put(l->db, c);
	if (!ok || !verify(l, current, hash, &same, err))
		return false;
	if (!same)
		return err_field(err, "current_password", "The current password is wrong");
	return attempt_succeeded(l, &t, err);
}

bool login_change_password(struct logins *l, const struct principal *p, const char *address, const char *current,
                           const char *password, struct error *err)
{
	char hash[PASSWORD_HASH_SIZE];
	struct audit_draft told;
	bool ok;

	if (!password_check_new(password, "new_password", err) || !check_current(l, p, address, current, err) ||
	    !begin_hashing(l, err))
		return false;
	password_hash(password, hash);
	end_hashing(l);
	tell(&told, p->account_id, &p->session_id, address, "user.password");
	ok = password_set(l->db, p->account_id, hash, &p->session_id, audit_entry(&told), err);
	audit_release(&told);
	if (ok)
		forget(l);
	return ok;
}

bool login_account(struct logins *l, const struct principal *p, struct account *out, struct error *err)
{
	char user[ID_TEXT_SIZE];
	struct db_conn *c = db_get(l->db, err);
	bool ok;

	id_format(ID_USER, &p->user_id, user);
	ok = c && account_find(c, user, out, err);
	db_put(l->db, c);
	return ok;
}
