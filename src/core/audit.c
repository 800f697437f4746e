#include "core/audit.h"

#include <stdio.h>

void audit_open(struct audit_draft *d, const struct actor *who, uint64_t account_id, const char *action,
                const char *object)
{
	*d = (struct audit_draft){.entry = {.id = id_make(), .actor = *who, .account_id = account_id, .action = action}};
	if (object) {
		snprintf(d->object, sizeof d->object, "%s", object);
		d->entry.object = d->object;
	}
	buf_init(&d->detail, AUDIT_DETAIL_MAX);
	json_begin(&d->w, &d->detail);
	json_obj_open(&d->w, NULL);
}

const struct audit_entry *audit_entry(struct audit_draft *d)
{
	if (!d->closed) {
		json_obj_close(&d->w);
		d->closed = true;
		/* what is given is bounded by who asks for the change; a detail is a help, its absence no reason to refuse it */
		d->entry.detail = d->detail.failed || d->detail.len <= 2 ? NULL : buf_str(&d->detail);
	}
	return &d->entry;
}

void audit_release(struct audit_draft *d)
{
	buf_release(&d->detail);
}
