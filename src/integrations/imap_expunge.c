/* Removing a mail of which the archive has a copy. With UIDPLUS it goes alone. Without, EXPUNGE takes all that are marked
 * as deleted, also what its owner may yet want to unmark: it is given only when a search just before it found none that
 * is not in the archive too. What is marked in the moment between the two goes with it; no command of such servers
 * prevents that. Marks that an attempt before this one left are its own, and no hindrance: the archive has those mails. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "integrations/imap_priv.h"

static bool set_deleted(struct imapbox *b, uint32_t uid, bool on, struct error *err)
{
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "UID STORE");
	imap_addf(&c, " %" PRIu32 " %cFLAGS.SILENT (\\Deleted)", uid, on ? '+' : '-');
	return imap_do(b->conn, &c, NULL, NULL, &status, CANNOT_ARCHIVE, err);
}

static void add_deleted(struct imap_command *c, const void *ctx)
{
	imap_add(c, " DELETED");
}

static bool is_known(const struct imap_expunging *e, uint32_t uid)
{
	unsigned i;

	for (i = 0; i < e->count; i++)
		if (e->known[i] == uid)
			return true;
	return false;
}

static bool refuse_for_others(struct error *err)
{
	return err_set(err, ERR_EXECUTION_FAILED, CANNOT_ARCHIVE ": this server can only remove all mails at once that are"
	               " marked as deleted, and others in the folder are");
}

/* The marked ones that are not known; more than would fit are as many as fit. */
static bool find_others(struct imapbox *b, const struct imap_expunging *e, struct imap_uids *out, struct error *err)
{
	unsigned i, kept = 0;

	out->count = 0;
	if (!imapbox_search_all(b, add_deleted, NULL, out, err))
		return false;
	for (i = 0; i < out->count; i++)
		if (!is_known(e, out->all[i]))
			out->all[kept++] = out->all[i];
	out->count = kept;
	return true;
}

/* Is it one that an attempt before this one copied and marked? */
static bool is_ours(struct imapbox *b, uint32_t uid, bool *ours, struct error *err)
{
	struct imap_facts facts;
	uint32_t validity, copy = 0;

	if (!imapbox_look_at(b, uid, &facts, err) ||
	    (facts.uid != 0 && !imapbox_find_copy(b, &facts, true, &validity, &copy, err)))
		return false;
	*ours = facts.uid == 0 || copy != 0;
	return true;
}

bool imapbox_may_expunge(struct imapbox *b, uint32_t uid, struct imap_expunging *out, struct error *err)
{
	uint32_t all[IMAP_LEFT_MAX + 2];
	struct imap_uids others = {all, 0, IMAP_LEFT_MAX + 2, false};
	unsigned i;
	bool ours;

	*out = (struct imap_expunging){{uid}, 1};
	if (imap_can(b->conn, "UIDPLUS"))
		return true;
	if (!find_others(b, out, &others, err))
		return false;
	if (others.count > IMAP_LEFT_MAX)
		return refuse_for_others(err);
	for (i = 0; i < others.count; i++) {
		if (!is_ours(b, others.all[i], &ours, err))
			return false;
		if (!ours)
			return refuse_for_others(err);
		out->known[out->count++] = others.all[i];
	}
	return true;
}

bool imapbox_expunge(struct imapbox *b, const struct imap_expunging *e, struct error *err)
{
	uint32_t all[IMAP_LEFT_MAX + 2], uid = e->known[0];
	struct imap_uids others = {all, 0, IMAP_LEFT_MAX + 2, false};
	bool plus = imap_can(b->conn, "UIDPLUS");
	struct imap_status status;
	struct imap_command c;

	if (!set_deleted(b, uid, true, err))
		return false;
	if (!plus && !find_others(b, e, &others, err)) {
		struct error ignored;

		/* it stays as it was, if that can be done */
		set_deleted(b, uid, false, &ignored);
		return false;
	}
	if (others.count > 0)
		return set_deleted(b, uid, false, err) && refuse_for_others(err);
	imap_begin(&c, plus ? "UID EXPUNGE" : "EXPUNGE");
	if (plus)
		imap_addf(&c, " %" PRIu32, uid);
	return imap_do(b->conn, &c, NULL, NULL, &status, CANNOT_ARCHIVE, err);
}
