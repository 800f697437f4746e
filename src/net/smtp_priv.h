/* What the files of the SMTP client share: one call on its way, and how far it has come. */
#ifndef AGENTIV_NET_SMTP_PRIV_H
#define AGENTIV_NET_SMTP_PRIV_H

#include <curl/curl.h>

#include "net/gate.h"
#include "net/smtp.h"
#include "net/transfers_priv.h"

/* By the last command that went out. */
enum smtp_stage { STAGE_CONNECT, STAGE_EHLO, STAGE_STARTTLS, STAGE_AUTH, STAGE_MAIL, STAGE_RCPT, STAGE_DATA, STAGE_NOOP };

#define SMTP_SOCKETS 8

/* Of a call. curl may close the last of them when the call is over (since 8.10 it says good-bye to TLS in its own time):
 * whoever comes last frees it. */
struct smtp_sockets { curl_socket_t fds[SMTP_SOCKETS]; unsigned count; bool call_over; };

struct smtp_transfer {
	struct transfer transfer;          /* first */
	struct smtp_client *client;
	struct smtp_call *call;
	struct gate gate;
	curl_mime *mime;
	struct curl_slist headers[SMTP_HEADERS_MAX + 1], recipient;
	struct curl_slist *part_headers;
	char     from[330], to[330];       /* in angle brackets */
	enum smtp_stage stage;
	struct smtp_sockets *sockets;
	bool     encrypted, offers_login;
	bool     over_and_out;             /* QUIT was said */
	bool     no_login;                 /* ended here: the server offers none */
	/* the last reply */
	int      status;
	bool     over;
	char     text[SMTP_TEXT_SIZE];     /* its lines, the codes taken off, with blanks between */
	char     curl_error[CURL_ERROR_SIZE];
};

struct smtp_client {
	struct transfers *transfers;
	char *url, *user, *password, *ca_file;
	enum smtp_tls tls;
	bool implicit_tls;
};

/* Listens to what is said, to know how far a call has come. */
CURLcode smtp_listen(struct smtp_transfer *t);
/* The call is over: its sockets are left to curl. */
void smtp_leave_sockets(struct smtp_transfer *t);
/* What became of it; text holds what the answer says. */
#define SMTP_ANSWER_SIZE (SMTP_TEXT_SIZE + 100)
void smtp_judge(const struct smtp_transfer *t, CURLcode code, struct smtp_answer *answer, char text[SMTP_ANSWER_SIZE]);

#endif
