/* The agents of this installation, and the builtin runners that manifests can name. */
#include "agents/registry.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/builtins.h"
#include "agents/manifest.h"
#include "base/mem.h"

static const struct agent_builtin builtins[] = {
	{"email-triage", email_triage_run, email_triage_check, NULL},
	{"probe", probe_run, NULL, probe_settings},
};

struct registry {
	struct manifest *all;       /* ordered by slug once all are loaded */
	unsigned *folder;           /* while loading: which folder each came from */
	unsigned count;
};

static const struct agent_builtin *find_builtin(const char *name)
{
	unsigned i;

	for (i = 0; i < sizeof builtins / sizeof *builtins; i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

static int by_slug(const void *a, const void *b)
{
	return strcmp(((const struct manifest *)a)->slug, ((const struct manifest *)b)->slug);
}

static struct manifest *find(const struct registry *r, unsigned count, const char *slug)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (strcmp(r->all[i].slug, slug) == 0)
			return &r->all[i];
	return NULL;
}

/* What an earlier folder brought may be replaced. */
static bool add(struct registry *r, const char *path, unsigned folder, struct error *err)
{
	struct manifest m, *same;

	if (!manifest_read(path, find_builtin, &m, err))
		return false;
	same = find(r, r->count, m.slug);
	if (same && r->folder[same - r->all] == folder) {
		err_field(err, "slug", "%.200s: the agent \"%s\" is there twice", path, m.slug);
		manifest_release(&m);
		return false;
	}
	if (same) {
		manifest_release(same);
	} else {
		r->all = mem_grow(r->all, (r->count + 1) * sizeof *r->all);
		r->folder = mem_grow(r->folder, (r->count + 1) * sizeof *r->folder);
		same = &r->all[r->count++];
	}
	*same = m;
	r->folder[same - r->all] = folder;
	return true;
}

static int is_manifest(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

static bool load_folder(struct registry *r, const char *dir, unsigned folder, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandir(dir, &names, is_manifest, alphasort), i;
	char path[PATH_MAX];
	bool ok = true;

	if (n < 0)
		return err_set(err, ERR_INVALID_INPUT, "The agents' folder %.200s cannot be read: %s", dir,
		               strerror(errno));
	for (i = 0; i < n; i++) {
		int len = snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);

		if (ok && (len < 0 || (size_t)len >= sizeof path))
			ok = err_set(err, ERR_INVALID_INPUT, "A path in %.200s is too long", dir);
		ok = ok && add(r, path, folder, err);
		free(names[i]);
	}
	free(names);
	return ok;
}

/* Two agents that a client could not tell apart. */
static bool tools_differ(const struct registry *r, struct error *err)
{
	unsigned i, k;

	for (i = 1; i < r->count; i++)
		for (k = 0; k < i; k++)
			if (strcmp(r->all[i].tool.name, r->all[k].tool.name) == 0)
				return err_field(err, "tool.name", "The agents %s and %s are both the tool \"%s\"", r->all[k].slug,
				                 r->all[i].slug, r->all[i].tool.name);
	return true;
}

struct registry *registry_load(const char *dir, const char *extra_dir, struct error *err)
{
	struct registry *r = mem_zalloc(sizeof *r);

	if (load_folder(r, dir, 0, err) && (!extra_dir || !*extra_dir || load_folder(r, extra_dir, 1, err)) &&
	    tools_differ(r, err)) {
		mem_free(r->folder);
		r->folder = NULL;
		if (r->count > 1)
			qsort(r->all, r->count, sizeof *r->all, by_slug);
		return r;
	}
	registry_free(r);
	return NULL;
}

void registry_free(struct registry *r)
{
	unsigned i;

	if (!r)
		return;
	for (i = 0; i < r->count; i++)
		manifest_release(&r->all[i]);
	mem_free(r->all);
	mem_free(r->folder);
	mem_free(r);
}

const struct manifest *registry_find(const struct registry *r, const char *slug)
{
	unsigned low = 0, high = r->count;

	while (low < high) {
		unsigned mid = (low + high) / 2;
		int order = strcmp(slug, r->all[mid].slug);

		if (order == 0)
			return &r->all[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

unsigned registry_count(const struct registry *r)
{
	return r->count;
}

const struct manifest *registry_at(const struct registry *r, unsigned i)
{
	INVARIANT(i < r->count, "an agent of the registry");
	return &r->all[i];
}

const struct manifest *registry_find_tool(const struct registry *r, const char *name)
{
	unsigned i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->all[i].tool.name, name) == 0)
			return &r->all[i];
	return NULL;
}
