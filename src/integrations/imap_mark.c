/* Labels are keywords, with Gmail its own labels; the star is \Flagged. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "integrations/imap_priv.h"

struct present { uint32_t uid; const char *label; bool gmail, found, has_label, starred, unreadable; };

static bool on_flags(void *ctx, const struct imap_answer *a)
{
	struct present *p = ctx;
	struct imap_fetched f;

	if (a->kind != IMAP_DATA || strcmp(a->name, "FETCH") != 0)
		return true;
	if (!imap_fetch_read(a->rest, &f)) {
		p->unreadable |= f.uid == p->uid || f.uid == 0;
		return true;
	}
	if (f.uid != p->uid || !f.has_flags)
		return true;
	p->found = true;
	p->starred = f.flagged;
	if (p->label)
		p->has_label = p->gmail ? f.has_labels && imap_list_has(f.labels, p->label) : imap_list_has(f.flags, p->label);
	return true;
}

static bool store(struct imapbox *b, uint32_t uid, const char *what, bool remove, const char *value, struct error *err)
{
	bool gmail = strcmp(what, "X-GM-LABELS") == 0;
	struct imap_status status;
	struct imap_command c;

	imap_begin(&c, "UID STORE");
	imap_addf(&c, " %" PRIu32 " %c%s%s (", uid, remove ? '-' : '+', what, gmail ? "" : ".SILENT");
	if (gmail)
		imap_add_string(&c, value);
	else
		imap_add(&c, value);
	imap_add(&c, ")");
	return imap_do(b->conn, &c, NULL, NULL, &status, "The mail cannot be marked", err);
}

static bool change(struct imapbox *b, const struct mail_mark *mark, const struct present *now,
                   enum mail_marked *out, struct error *err)
{
	bool label = mark->label && now->has_label == mark->remove, star = mark->star && now->starred == mark->remove;

	*out = label || star ? MAIL_MARKED : MAIL_ALREADY_MARKED;
	if (label && !store(b, now->uid, now->gmail ? "X-GM-LABELS" : "FLAGS", mark->remove, now->label, err))
		return false;
	return !star || store(b, now->uid, "FLAGS", mark->remove, "\\Flagged", err);
}

bool imapbox_mark(struct mailbox *m, const struct mail_ref *ref, const struct mail_mark *mark, enum mail_marked *out,
                  struct error *err)
{
	struct imapbox *b = m->data;
	struct present now = {.gmail = imap_can(b->conn, "X-GM-EXT-1")};
	struct imap_facts facts;
	char label[IMAP_FOLDER_SIZE];

	if (!imapbox_resolve(b, ref, mark->message_id, &facts, err))
		return false;
	now.uid = facts.uid;
	*out = MAIL_MARK_UNSUPPORTED;
	if (!b->writable || (mark->label && !now.gmail && !b->keywords))
		return true;
	if (mark->label && !(now.gmail ? imap_name_encode : imap_keyword)(mark->label, label, sizeof label))
		return err_set(err, ERR_EXECUTION_FAILED, "The label \"%.100s\" cannot be given on a mail server", mark->label);
	now.label = mark->label ? label : NULL;
	*out = MAIL_MARK_GONE;
	if (now.uid == 0)
		return true;
	if (!imapbox_ask(b, now.uid, now.gmail && now.label ? "FLAGS X-GM-LABELS" : "FLAGS", on_flags, &now, err))
		return false;
	if (!now.found && now.unreadable)
		return err_set(err, ERR_EXECUTION_FAILED, "What the mail server tells of the mail cannot be understood");
	return !now.found || change(b, mark, &now, out, err);
}
