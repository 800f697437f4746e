#include "core/logins.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/crypto_password.h"
#include "base/network.h"
#include "core/audit.h"
#include "core/bells.h"
#include "store/sessions.h"

#define HASHING_MAX 2            /* passwords at once: 16 MiB and some tenths of a second of a processor each */
#define CLIENT_BITS 64           /* of an IPv6 address: the network that one client has */

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

/* Before anything is counted: who finds no room has not tried. */
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

/* ---- failures ---- */

/* false: it is no address, as with a web server on a Unix socket. */
static bool client_of(const char *address, struct network *net)
{
	struct address a;
	bool ok = address_parse(address, &a, NULL);

	if (ok)
		*net = network_of_client(&a, CLIENT_BITS);
	return ok;
}

static struct login_subject subject(int64_t max, const char *kind, const char *whose, const char *client)
{
	struct login_subject s = {.max = max};
	char text[512];
	size_t n = (size_t)snprintf(text, sizeof text, "%s\n%.300s\n%s", kind, whose, client), i;

	/* addresses of one account are compared without case, so they are counted so, too */
	for (i = 0; i < n; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	crypto_sha256(text, n, s.hash);
	return s;
}

struct attempt { struct login_subject pair, account, client; };

/* It is counted as failed before it is tried, so that many at once are not more than the limit. kind: of what whose
 * is, so that what one kind counts is no other's. known: this client is not refused for what others failed. */
static bool begin_attempt(struct logins *l, struct attempt *t, const char *kind, const char *whose, const char *address,
                          bool known, struct error *err)
{
	char client[NETWORK_TEXT_SIZE] = "", named[320];
	struct login_subject sorted[3];
	struct network net;

	if (client_of(address, &net))
		network_format(&net, client);
	snprintf(named, sizeof named, "%s:%s", kind, whose);
	t->pair = subject(LOGIN_PAIR_MAX, "pair", named, client);
	t->account = subject(LOGIN_ACCOUNT_MAX, "account", named, "");
	t->client = subject(LOGIN_ADDRESS_MAX, "from", "", client);
	sorted[0] = t->pair;
	sorted[1] = t->client;
	sorted[2] = t->account;
	return login_count(l->db, sorted, known ? 2 : 3, clock_now_ms(), LOGIN_WINDOW_MS, err);
}

/* Of this address and this account nothing is held against who knows the password. */
static bool attempt_succeeded(struct logins *l, const struct attempt *t, struct error *err)
{
	struct db_conn *c = db_get(l->db, err);
	bool ok = c && login_uncount(c, &t->pair, true, err) && login_uncount(c, &t->account, true, err) &&
		  login_uncount(c, &t->client, false, err);

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

/* known: it has a session that was opened where this login comes from. */
static bool find_account(struct logins *l, const char *email, const char *address, uint64_t *account_id,
                         char hash[PASSWORD_TEXT_MAX + 1], bool *known, struct error *err)
{
	struct db_conn *c = db_get(l->db, err);
	struct network net;
	bool ok = c && password_find(c, email, account_id, hash, err);

	*known = false;
	if (ok && client_of(address, &net))
		ok = session_from(c, *account_id, &net, known, err);

	db_put(l->db, c);
	return ok;
}

static bool refused(struct error *err)
{
	return err_set(err, ERR_UNAUTHORIZED, "The e-mail address or the password is wrong");
}

/* For who knew the password whose hash is `password`. */
static bool open_session(struct logins *l, uint64_t account_id, const char *password, const char *address,
                         char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	struct session s = {.account_id = account_id, .created_at = clock_now_ms()};
	struct audit_draft told;
	bool ok, opened;

	crypto_base62_make(token, SESSION_TOKEN_LEN);
	session_hash(token, s.hash);
	s.id = id_make_at(s.created_at);
	s.expires_at = s.created_at + SESSION_MOST_MS;
	snprintf(s.address, sizeof s.address, "%s", address);
	tell(&told, account_id, &s.id, address, "session.open");
	ok = session_open(l->db, &s, password, audit_entry(&told), &opened, err);
	audit_release(&told);
	return ok && (opened || refused(err));
}

static bool try_login(struct logins *l, const char *email, const char *password, const char *address,
                      char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	char hash[PASSWORD_TEXT_MAX + 1];
	struct attempt t;
	uint64_t account_id;
	bool known;

	if (!find_account(l, email, address, &account_id, hash, &known, err) ||
	    !begin_attempt(l, &t, "email", email, address, known, err))
		return false;
	if (!password_verify(password, hash))
		return refused(err);
	return attempt_succeeded(l, &t, err) && open_session(l, account_id, hash, address, token, err);
}

bool login_open(struct logins *l, const char *email, const char *password, const char *address,
                char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	bool ok;

	if (!begin_hashing(l, err))
		return false;
	ok = try_login(l, email, password, address, token, err);
	end_hashing(l);
	return ok;
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

static bool wrong_current(struct error *err)
{
	return err_field(err, "current_password", "The current password is wrong");
}

/* hash: the current password's. */
static bool check_current(struct logins *l, const struct principal *p, const char *address, const char *current,
                          char hash[PASSWORD_TEXT_MAX + 1], struct error *err)
{
	char account[32];
	struct attempt t;
	struct db_conn *c;
	bool ok;

	snprintf(account, sizeof account, "%" PRIu64, p->account_id);
	if (!begin_attempt(l, &t, "id", account, address, false, err))
		return false;
	c = db_get(l->db, err);
	ok = c && password_load(c, p->account_id, hash, err);
	db_put(l->db, c);
	if (!ok)
		return false;
	return password_verify(current, hash) ? attempt_succeeded(l, &t, err) : wrong_current(err);
}

/* In place of the one whose hash is was; the session's new token is given. */
static bool set_password(struct logins *l, const struct principal *p, const char *address, const char *was,
                         const char *password, char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	char hash[PASSWORD_HASH_SIZE];
	struct session kept = {.id = p->session_id};
	struct password_change change = {.account_id = p->account_id, .was = was, .text = hash, .keep = &kept};
	struct audit_draft told;
	bool ok, set;

	crypto_base62_make(token, SESSION_TOKEN_LEN);
	session_hash(token, kept.hash);
	password_hash(password, hash);
	tell(&told, p->account_id, &p->session_id, address, "user.password");
	ok = password_set(l->db, &change, audit_entry(&told), &set, err);
	audit_release(&told);
	mem_wipe(hash, sizeof hash);
	if (ok && set)
		forget(l);
	return ok && (set || wrong_current(err));
}

bool login_change_password(struct logins *l, const struct principal *p, const char *address, const char *current,
                           const char *password, char token[SESSION_TOKEN_LEN + 1], struct error *err)
{
	char was[PASSWORD_TEXT_MAX + 1];
	bool ok;

	if (!password_check_new(password, "new_password", err) || !begin_hashing(l, err))
		return false;
	ok = check_current(l, p, address, current, was, err) && set_password(l, p, address, was, password, token, err);
	end_hashing(l);
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
