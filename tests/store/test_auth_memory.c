/* What stays in a process's memory of the keys that it has seen (core/auth.h): hashes only. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/auth.h"
#include "queue_fixture.h"
#include "request_suites.h"
#include "secrets_fixture.h"

#define MASK    0x55             /* what is looked for is kept masked, so as not to be found itself */
#define CHUNK   (1u << 20)
#define MOST    (UINT64_C(256) << 20)   /* larger mappings are a sanitizer's own */

static char header[sizeof "Bearer " + API_KEY_LEN];
static unsigned char masked[API_KEY_LEN];

static unsigned copies_in(const unsigned char *p, size_t n)
{
	unsigned found = 0;
	size_t i, k;

	for (i = 0; i + API_KEY_LEN <= n; i++) {
		for (k = 0; k < API_KEY_LEN && p[i + k] == (masked[k] ^ MASK); k++)
			;
		found += k == API_KEY_LEN;
	}
	return found;
}

/* One mapping, in pieces that overlap. */
static unsigned copies_between(int memory, uint64_t from, uint64_t to)
{
	static unsigned char piece[CHUNK];
	unsigned found = 0;
	ssize_t got = API_KEY_LEN;

	for (; from + API_KEY_LEN <= to && got >= API_KEY_LEN; from += (uint64_t)got - API_KEY_LEN + 1) {
		got = pread(memory, piece, to - from < CHUNK ? to - from : CHUNK, (off_t)from);
		if (got >= API_KEY_LEN)
			found += copies_in(piece, (size_t)got);
		mem_wipe(piece, sizeof piece);
	}
	return found;
}

/* In all that can be written to, but for the stacks. */
static unsigned copies_of_the_key(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint64_t from, to;
	unsigned found = 0;
	char line[512], rights[8];

	CU_ASSERT_PTR_NOT_NULL_FATAL(maps);
	CU_ASSERT_TRUE_FATAL(memory >= 0);
	while (fgets(line, sizeof line, maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, rights) == 3 && rights[1] == 'w' &&
		    to - from <= MOST && !strstr(line, "[stack"))
			found += copies_between(memory, from, to);
	close(memory);
	fclose(maps);
	return found;
}

static void a_key_that_was_let_in_is_in_memory_nowhere(void)
{
	static const struct credentials asking = {.authorization = header};
	struct api_key row = {.id = id_make(), .account_id = 7, .name = "CI", .shown = "agv_live_abcd", .created_at = 1000};
	struct secret_key pepper = fx_key("p1");
	char text[API_KEY_LEN + 1];
	uint8_t hash[SHA256_SIZE];
	struct auth_entry *e;
	struct secrets *secrets;
	struct auth *auth;
	struct error err = {0};
	unsigned i;

	fx_empty();
	fx_account(7, 3);
	crypto_key_make(text);
	crypto_key_hash(&pepper, text, API_KEY_LEN, hash);
	for (i = 0; i < API_KEY_LEN; i++)
		masked[i] = (unsigned char)text[i] ^ MASK;
	snprintf(header, sizeof header, "Bearer %s", text);
	mem_wipe(text, sizeof text);
	CU_ASSERT_TRUE_FATAL(api_key_create(fx_conn, &row, hash, "p1", &err));
	secrets = fx_secrets();
	auth = auth_new(fx_db, secrets);
	CU_ASSERT_TRUE_FATAL(auth_check(auth, &asking, false, &e, &err));
	CU_ASSERT_EQUAL(copies_of_the_key(), 1);        /* the request's own header */
	mem_wipe(header, sizeof header);
	CU_ASSERT_EQUAL(copies_of_the_key(), 0);
	auth_release(e);
	auth_free(auth);
	secrets_free(secrets);
	fx_keys_remove();
}

static CU_TestInfo tests[] = {
	{"a key that was let in is in memory nowhere", a_key_that_was_let_in_is_in_memory_nowhere},
	CU_TEST_INFO_NULL};

const CU_SuiteInfo auth_memory_suite = {"keys in memory", fx_open, fx_close, NULL, NULL, tests};
