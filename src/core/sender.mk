# The sender: claimer, attempts, recorder; and what a webhook looks like.
libcore_a_SOURCES += \
	src/core/mail.c src/core/mail.h src/core/mail_html.c src/core/mail_kinds.c src/core/mail_priv.h src/core/mail_text.c \
	src/core/mail_try.c src/core/mail_when.c \
	src/core/sender.c src/core/sender.h src/core/sender_priv.h \
	src/core/sender_build.c src/core/sender_claim.c src/core/sender_lanes.c src/core/sender_mail.c src/core/sender_record.c \
	src/core/sender_secrets.c src/core/sender_send.c \
	src/core/webhook.c src/core/webhook.h src/core/webhook_catalogue.c
