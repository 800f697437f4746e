/* What accounts are told of by mail when their runs end. */
#include "store/queue_priv.h"

#include "store/note_payloads.h"

#define PAYLOADS_MAX ((size_t)QUEUE_END_MAX * NOTE_PAYLOAD_MAX)

struct mail_state *slots_mail(struct slots *s, uint64_t account_id, enum notification kind)
{
	struct slot_row *r = slots_of(s, account_id);

	return r && mail_wants(&r->mail, kind) ? &r->mail : NULL;
}

static void put_payload(struct buf *b, const struct run_over *o)
{
	const struct ended_run *r = o->run;
	int64_t first = r->first_started_at ? r->first_started_at : r->started_at;
	struct note_run note = {.id = r->id, .agent = r->agent, .summary = o->success ? r->summary : NULL,
	                        .error_code = o->success ? NULL : r->error_code,
	                        .error_message = o->success ? NULL : r->error_message,
	                        .duration_ms = first == 0 ? -1 : r->completed_at > first ? r->completed_at - first : 0};

	note_put_run(b, &note);
}

bool queue_note_runs(struct db_conn *c, const struct run_over *over, unsigned n, struct slots *s, int64_t now_ms,
                     struct error *err)
{
	struct note notes[QUEUE_END_MAX];
	size_t from[QUEUE_END_MAX];
	unsigned i, count = 0;
	struct buf b;
	bool ok;

	buf_init(&b, PAYLOADS_MAX);
	for (i = 0; i < n; i++) {
		enum notification kind = over[i].success ? NOTE_RUN_SUCCESS : NOTE_RUN_FAILED;
		uint64_t account_id = over[i].run->account_id;
		struct mail_state *mail = slots_mail(s, account_id, kind);

		if (!mail)
			continue;
		from[count] = b.len;
		put_payload(&b, &over[i]);
		notes[count] = (struct note){.account_id = account_id, .mail = mail, .kind = kind,
		                             .payload_len = b.len - from[count]};
		count++;
	}
	for (i = 0; i < count; i++)
		notes[i].payload = b.data + from[i];
	ok = count == 0 || notes_write(c, notes, count, now_ms, &s->mails, err);
	buf_release(&b);
	return ok;
}
