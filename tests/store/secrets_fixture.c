#include "secrets_fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], paths[SECRET__MAX][96];

static void make_dir(void)
{
	static const char *const names[] = {"pepper", "seal"};
	unsigned k;

	if (*dir)
		return;
	snprintf(dir, sizeof dir, "/tmp/agentiv-keys.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	for (k = 0; k < SECRET__MAX; k++)
		snprintf(paths[k], sizeof paths[k], "%s/%s", dir, names[k]);
}

const char *fx_keys_path(enum secret_kind kind)
{
	make_dir();
	return paths[kind];
}

struct secret_key fx_key(const char *id)
{
	struct secret_key k;

	memset(&k, 0, sizeof k);
	snprintf(k.id, sizeof k.id, "%s", id);
	crypto_sha256(id, strlen(id), k.key);
	return k;
}

/* By a rename, as the operator's command does it. */
void fx_keys_write(enum secret_kind kind, const char *ids)
{
	char copy[256], temporary[128], text[64], *save, *id;
	FILE *f;

	make_dir();
	snprintf(copy, sizeof copy, "%s", ids);
	snprintf(temporary, sizeof temporary, "%s.new", paths[kind]);
	f = fopen(temporary, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	for (id = strtok_r(copy, " ", &save); id; id = strtok_r(NULL, " ", &save)) {
		struct secret_key k = fx_key(id);

		crypto_base64(k.key, sizeof k.key, text);
		fprintf(f, "%s:%s\n", id, text);
	}
	CU_ASSERT_EQUAL(fclose(f), 0);
	CU_ASSERT_EQUAL(rename(temporary, paths[kind]), 0);
}

struct secrets *fx_secrets(void)
{
	static const char *const first[] = {"p1", "s1"};
	struct config cfg = {0};
	struct error err = {0};
	struct secrets *s;
	unsigned k;

	make_dir();
	for (k = 0; k < SECRET__MAX; k++)
		if (access(paths[k], F_OK) != 0)
			fx_keys_write(k, first[k]);
	cfg.pepper_file = paths[SECRET_PEPPER];
	cfg.seal_file = paths[SECRET_SEAL];
	s = secrets_open(&cfg, SECRETS_ALL, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	return s;
}

void fx_keys_remove(void)
{
	unsigned k;

	if (!*dir)
		return;
	for (k = 0; k < SECRET__MAX; k++)
		unlink(paths[k]);
	rmdir(dir);
	*dir = '\0';
}
