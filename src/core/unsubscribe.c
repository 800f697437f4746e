#include "core/unsubscribe.h"

#include <string.h>

#include "base/id.h"
#include "core/preferences.h"

#define CONTEXT    "unsubscribe"
#define PLAIN_SIZE (16 + 8 + 4)      /* user, account and kinds, the latter most significant byte first */
#define SEALED_MAX 512
#define TOKEN_MAX  (4 * (SEALED_MAX + 2) / 3)

static bool unknown(struct error *err)
{
	return err_set(err, ERR_NOT_FOUND, "This link is not valid");
}

static void put_number(uint8_t *out, unsigned size, uint64_t v)
{
	while (size-- > 0) {
		out[size] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t get_number(const uint8_t *p, unsigned size)
{
	uint64_t v = 0;

	while (size-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* Base64 in the alphabet of URLs, without padding (RFC 4648, 5). */
static void add_url64(struct buf *out, const void *p, size_t n)
{
	char text[TOKEN_MAX + 8];
	size_t len = crypto_base64(p, n, text), i;

	for (i = 0; i < len && text[i] != '='; i++)
		buf_addc(out, text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
}

static bool read_url64(const char *token, uint8_t *out, size_t *n)
{
	char text[TOKEN_MAX + 8];
	size_t len = strlen(token), i;

	if (len > TOKEN_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (token[i] == '+' || token[i] == '/' || token[i] == '=')
			return false;
		text[i] = token[i] == '-' ? '+' : token[i] == '_' ? '/' : token[i];
	}
	while (i % 4 != 0)
		text[i++] = '=';
	return crypto_unbase64(text, i, out, n);
}

bool unsubscribe_token(struct secrets *s, struct db_conn *c, const struct id *user_id, uint64_t account_id,
                       unsigned kinds, struct buf *out, struct error *err)
{
	uint8_t plain[PLAIN_SIZE];
	struct buf sealed;
	bool ok;

	memcpy(plain, user_id->b, sizeof user_id->b);
	put_number(plain + 16, 8, account_id);
	put_number(plain + 24, 4, kinds);
	buf_init(&sealed, SEALED_MAX);
	ok = secrets_seal(s, c, CONTEXT, plain, sizeof plain, &sealed, err);
	if (ok)
		add_url64(out, sealed.data, sealed.len);
	buf_release(&sealed);
	return ok;
}

bool unsubscribe_open(struct secrets *s, const char *token, struct unsubscribe *out, struct error *err)
{
	uint8_t sealed[3 * (TOKEN_MAX + 8) / 4];
	const uint8_t *plain;
	struct buf opened;
	size_t n;
	bool ok;

	buf_init(&opened, SEALED_MAX);
	ok = read_url64(token, sealed, &n) && secrets_unseal(s, CONTEXT, sealed, n, &opened, err) &&
	     opened.len == PLAIN_SIZE;
	if (ok) {
		plain = (const uint8_t *)opened.data;
		memcpy(out->user_id.b, plain, sizeof out->user_id.b);
		out->account_id = get_number(plain + 16, 8);
		out->kinds = (unsigned)get_number(plain + 24, 4) & NOTES_ALL;
	}
	buf_release(&opened);
	return ok || unknown(err);
}

/* The account must be the one that it was: a database may have been made anew under the same keys. */
static bool check_account(struct db *db, const struct unsubscribe *u, struct error *err)
{
	struct db_conn *c = db_get(db, err);
	char user[ID_TEXT_SIZE];
	struct account account;
	bool ok;

	id_format(ID_USER, &u->user_id, user);
	ok = c && account_find(c, user, &account, err);
	db_put(db, c);
	if (!ok)
		return err->code == ERR_NOT_FOUND ? unknown(err) : false;
	return account.id == u->account_id || unknown(err);
}

bool unsubscribe_do(struct db *db, struct secrets *s, const char *token, const char *address, struct unsubscribe *out,
                    struct error *err)
{
	struct actor who = {.kind = ACTOR_SYSTEM, .address = address};
	struct preferences_patch p = {.on = 0};
	unsigned in_force;

	if (!unsubscribe_open(s, token, out, err) || !check_account(db, out, err))
		return false;
	p.off = out->kinds;
	return preferences_update(db, &who, out->account_id, "notifications.unsubscribe", &p, &in_force, err);
}
