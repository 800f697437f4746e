/* The link by which a mail's reader wants no more (core/unsubscribe.h): whose it is, and what it does. */
#include <stdio.h>
#include <string.h>

#include "core/unsubscribe.h"
#include "queue_fixture.h"
#include "request_suites.h"
#include "secrets_fixture.h"
#include "store/accounts.h"

static struct id user_of(uint64_t account_id)
{
	struct db_arg arg = db_int((int64_t)account_id);
	struct id id = {.b = {0}};
	struct error err;

	CU_ASSERT_TRUE_FATAL(db_query(fx_conn, "SELECT public_id FROM accounts WHERE id = ?", &arg, 1, &err));
	CU_ASSERT_EQUAL(db_next(fx_conn, &err), 1);
	db_col_id(fx_conn, 0, &id);
	db_end(fx_conn);
	return id;
}

/* A token of account 1; released by the caller. */
static struct buf made(struct secrets *s, const struct id *user, unsigned kinds)
{
	struct error err = {0};
	struct buf token;

	buf_init(&token, 1024);
	CU_ASSERT_TRUE_FATAL(unsubscribe_token(s, fx_conn, user, 1, kinds, &token, &err));
	return token;
}

static struct secrets *fresh(void)
{
	struct secrets *s;
	struct error err = {0};

	fx_empty();
	fx_account(1, -1);
	fx_account(2, -1);
	CU_ASSERT_TRUE_FATAL(db_run_text(fx_conn, "UPDATE account_quota SET mail_events = 255", NULL));
	s = fx_secrets();
	CU_ASSERT_TRUE_FATAL(secrets_settle(s, fx_conn, &err));
	return s;
}

static void end(struct secrets *s, struct buf *token)
{
	buf_release(token);
	secrets_free(s);
	fx_keys_remove();
}

static int64_t told_of(uint64_t account_id)
{
	struct db_arg arg = db_int((int64_t)account_id);
	struct error err;
	int64_t n = -1;

	db_query_int(fx_conn, "SELECT mail_events FROM account_quota WHERE account_id = ?", &arg, 1, &n, NULL, &err);
	return n;
}

static bool is_not_found(struct secrets *s, const char *token)
{
	struct unsubscribe u;
	struct error err = {0};

	return !unsubscribe_open(s, token, &u, &err) && err.code == ERR_NOT_FOUND &&
	       !unsubscribe_do(fx_db, s, token, NULL, &u, &err) && err.code == ERR_NOT_FOUND;
}

static void a_token_says_whose_it_is_in_characters_of_a_url(void)
{
	static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf token = made(s, &user, NOTES_RUNS);
	struct unsubscribe u;
	struct error err = {0};

	CU_ASSERT_EQUAL(strspn(token.data, characters), token.len);
	CU_ASSERT_TRUE(token.len < 200);
	CU_ASSERT_TRUE_FATAL(unsubscribe_open(s, token.data, &u, &err));
	CU_ASSERT_EQUAL(u.account_id, 1);
	CU_ASSERT_EQUAL(u.kinds, NOTES_RUNS);
	CU_ASSERT_EQUAL(id_cmp(&u.user_id, &user), 0);
	end(s, &token);
}

static void it_turns_its_kinds_off_for_its_account_and_no_more(void)
{
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf token = made(s, &user, 1u << NOTE_QUOTA_80);
	struct unsubscribe u;
	struct error err = {0};

	CU_ASSERT_TRUE(mail_preferences_set(fx_conn, 1, NOTES_ALL, 0, &err));
	CU_ASSERT_TRUE_FATAL(unsubscribe_do(fx_db, s, token.data, "192.0.2.7", &u, &err));
	CU_ASSERT_EQUAL(told_of(1), NOTES_ALL & ~(1u << NOTE_QUOTA_80));
	CU_ASSERT_EQUAL(told_of(2), NOTES_ALL);
	end(s, &token);
}

static void done_twice_it_is_in_the_audit_log_once(void)
{
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf token = made(s, &user, NOTES_ALL);
	struct unsubscribe u;
	struct error err = {0};

	CU_ASSERT_TRUE(unsubscribe_do(fx_db, s, token.data, "192.0.2.7", &u, &err));
	CU_ASSERT_TRUE(unsubscribe_do(fx_db, s, token.data, "192.0.2.7", &u, &err));
	CU_ASSERT_EQUAL(fx_number("SELECT COUNT(*) FROM audit_log WHERE action = 'notifications.unsubscribe'"
	                          " AND account_id = 1 AND address = '192.0.2.7'"), 1);
	end(s, &token);
}

static void a_token_that_was_changed_anywhere_is_none(void)
{
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf token = made(s, &user, NOTES_ALL);
	unsigned i, taken = 0;

	for (i = 0; i < token.len; i++) {
		char was = token.data[i];

		token.data[i] = was == 'A' ? 'B' : 'A';
		taken += !is_not_found(s, token.data);
		token.data[i] = was;
	}
	CU_ASSERT_EQUAL(taken, 0);
	CU_ASSERT_EQUAL(told_of(1), NOTES_ALL);
	end(s, &token);
}

static void a_token_that_was_cut_or_made_longer_is_none(void)
{
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf token = made(s, &user, NOTES_ALL);
	char *longer;
	struct arena a;

	arena_init(&a);
	longer = arena_printf(&a, "%s=", token.data);
	CU_ASSERT_TRUE(is_not_found(s, longer));
	longer = arena_printf(&a, "%sAAAA", token.data);
	CU_ASSERT_TRUE(is_not_found(s, longer));
	longer = arena_alloc(&a, 100001);
	memset(longer, 'A', 100000);
	CU_ASSERT_TRUE(is_not_found(s, longer));
	CU_ASSERT_TRUE(is_not_found(s, ""));
	token.data[token.len - 1] = '\0';
	CU_ASSERT_TRUE(is_not_found(s, token.data));
	arena_release(&a);
	end(s, &token);
}

static void write_another_key_of_the_same_name(void)
{
	struct secret_key k = fx_key("another");
	FILE *f = fopen(fx_keys_path(SECRET_SEAL), "w");
	char text[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	crypto_base64(k.key, sizeof k.key, text);
	fprintf(f, "s1:%s\n", text);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void another_installation_s_token_is_none(void)
{
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf token = made(s, &user, NOTES_ALL);

	secrets_free(s);
	write_another_key_of_the_same_name();
	s = fx_secrets();
	CU_ASSERT_TRUE(is_not_found(s, token.data));
	end(s, &token);
}

static void what_is_sealed_for_something_else_is_no_token(void)
{
	struct secrets *s = fresh();
	struct id user = user_of(1);
	struct buf sealed, token = made(s, &user, NOTES_ALL);
	struct error err = {0};
	char plain[28] = {0}, text[256];
	size_t n, i;

	buf_init(&sealed, 512);
	CU_ASSERT_TRUE_FATAL(secrets_seal(s, fx_conn, "endpoint:00:secret", plain, sizeof plain, &sealed, &err));
	n = crypto_base64(sealed.data, sealed.len, text);
	for (i = 0; i < n; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i] == '=' ? '\0' : text[i];
	CU_ASSERT_EQUAL(strlen(text), token.len);
	CU_ASSERT_TRUE(is_not_found(s, text));
	buf_release(&sealed);
	end(s, &token);
}

static void the_account_must_be_the_one_that_it_was(void)
{
	struct secrets *s = fresh();
	struct id other = user_of(2);
	struct buf token = made(s, &other, NOTES_ALL);      /* account 1, and 2's user */
	struct unsubscribe u;
	struct error err = {0};

	CU_ASSERT_FALSE(unsubscribe_do(fx_db, s, token.data, NULL, &u, &err));
	CU_ASSERT_EQUAL(err.code, ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(told_of(1), NOTES_ALL);
	CU_ASSERT_EQUAL(told_of(2), NOTES_ALL);
	end(s, &token);
}

static CU_TestInfo tests[] = {
	{"a token says whose it is, in characters of a URL", a_token_says_whose_it_is_in_characters_of_a_url},
	{"it turns its kinds off for its account, and no more", it_turns_its_kinds_off_for_its_account_and_no_more},
	{"done twice it is in the audit log once", done_twice_it_is_in_the_audit_log_once},
	{"a token that was changed anywhere is none", a_token_that_was_changed_anywhere_is_none},
	{"a token that was cut, or made longer, is none", a_token_that_was_cut_or_made_longer_is_none},
	{"another installation's token is none", another_installation_s_token_is_none},
	{"what is sealed for something else is no token", what_is_sealed_for_something_else_is_no_token},
	{"the account must be the one that it was", the_account_must_be_the_one_that_it_was},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo unsubscribe_suite = {"unsubscribing", fx_open, fx_close, NULL, NULL, tests};
