/* A connection inside: the stream that curl opened, and the protocol on it. */
#ifndef AGENTIV_NET_IMAP_PRIV_H
#define AGENTIV_NET_IMAP_PRIV_H

#include <curl/curl.h>

#include "net/gate.h"
#include "net/imap.h"

#define IMAP_CONNECT_MS  15000       /* for name, connection, TLS and greeting */
#define IMAP_PATIENCE_MS 30000       /* for the next bytes of an answer */
#define IMAP_SLICE_MS    100         /* between two looks at whether to stop */
#define IMAP_ANSWERS_MAX 100000      /* untagged answers of one command */
#define IMAP_CAPS_MAX    4096

struct imap_stream {
	const struct imap_options *options;
	CURL   *easy;
	struct gate gate;
	int64_t deadline_us;             /* INT64_MAX none */
	bool    plain;                   /* without TLS, in a network of the operator's */
	char    curl_error[CURL_ERROR_SIZE];
	char    bytes[16384];            /* read and not yet taken */
	size_t  at, count;
};

struct imap {
	struct imap_options options;
	struct imap_stream stream;
	struct imap_framer framer;
	char     caps[IMAP_CAPS_MAX];    /* " IMAP4REV1 MOVE " */
	bool     caps_told;              /* since the login */
	bool     logging_in;             /* what the server says now may repeat the password */
	unsigned commands;               /* so far: tags */
	uint32_t exists;                 /* mails of the selected folder */
	bool     dead;
};

bool stream_open(struct imap_stream *s, const struct imap_options *o, struct error *err);
void stream_close(struct imap_stream *s);
bool stream_send(struct imap_stream *s, const char *p, size_t n, struct error *err);
/* Waits for bytes when none are left. */
bool stream_fill(struct imap_stream *s, struct error *err);

/* imap_login.c */
bool imap_log_in(struct imap *m, struct error *err);
bool imap_ask_capabilities(struct imap *m, struct error *err);
/* From "CAPABILITY A B C", the name passed over. */
void imap_take_capabilities(struct imap *m, struct imap_reader words);

/* imap_command.c: in pieces, for an exchange that goes on between them */
bool imap_send(struct imap *m, struct imap_command *c, imap_each each, void *ctx, struct imap_status *status,
               bool *ended, struct error *err);
/* Reads until the command is answered; *go_on: until the server says that it goes on. */
bool imap_wait(struct imap *m, imap_each each, void *ctx, struct imap_status *status, bool *go_on, struct error *err);

#endif
