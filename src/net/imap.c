/* Opening and closing a connection. */
#include "net/imap_priv.h"

#include "base/mem.h"

struct imap *imap_open(const struct imap_options *o, struct error *err)
{
	struct imap *m = mem_zalloc(sizeof *m);

	m->options = *o;
	imap_framer_init(&m->framer, o->literal_max);
	if (stream_open(&m->stream, &m->options, err) && imap_log_in(m, err))
		return m;
	m->dead = true;
	imap_close(m);
	return NULL;
}

void imap_close(struct imap *m)
{
	struct imap_status status;
	struct imap_command c;
	struct error err;
	bool ended;

	if (!m)
		return;
	if (!m->dead) {
		/* no need to hear the answer */
		imap_begin(&c, "LOGOUT");
		imap_send(m, &c, NULL, NULL, &status, &ended, &err);
	}
	stream_close(&m->stream);
	imap_framer_release(&m->framer);
	mem_free(m);
}

uint32_t imap_exists(const struct imap *m)
{
	return m->exists;
}

bool imap_alive(const struct imap *m)
{
	return !m->dead;
}
