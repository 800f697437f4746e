/* What a user is told of by mail. */
#include "ctl/print.h"

#include <string.h>

#include "core/preferences.h"

static void print(struct ctl *c, unsigned in_force)
{
	static const char *const heads[] = {"KIND", "MAIL", NULL};
	struct table t;
	unsigned i;

	if (c->json) {
		json_obj_open(&c->w, NULL);
		preferences_put(&c->w, in_force);
		json_obj_close(&c->w);
		return;
	}
	table_init(&t, &c->arena, c->colour, heads);
	for (i = 0; i < NOTE__MAX; i++) {
		table_add(&t, "%s", notification_name((enum notification)i));
		table_add(&t, "%s", in_force >> i & 1 ? "yes" : "no");
	}
	table_print(&t, "", &c->out);
}

bool cmd_notifications_show(struct ctl *c)
{
	unsigned in_force;

	if (!admin_notifications(&c->admin, ctl_text(c, "user"), &in_force, &c->err))
		return false;
	print(c, in_force);
	return true;
}

/* The options are named as the kinds are, with dashes. */
static const char *option_of(struct ctl *c, enum notification kind)
{
	char *name = arena_strdup(&c->arena, notification_name(kind)), *p;

	for (p = name; (p = strchr(p, '_')) != NULL; p++)
		*p = '-';
	return name;
}

bool cmd_notifications_set(struct ctl *c)
{
	struct preferences_patch p = {.on = 0};
	unsigned i, in_force;

	for (i = 0; i < NOTE__MAX; i++) {
		const char *option = option_of(c, (enum notification)i);

		if (!ctl_given(c, option))
			continue;
		switch (ctl_number(c, option, 0)) {
		case 1:
			p.on |= 1u << i;
			break;
		case 0:
			p.off |= 1u << i;
			break;
		default:
			p.plan |= 1u << i;
		}
	}
	if (!admin_notifications_set(&c->admin, ctl_text(c, "user"), &p, &in_force, &c->err))
		return false;
	print(c, in_force);
	return true;
}
