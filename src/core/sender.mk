# The sender: claimer, attempts, recorder; and what a webhook looks like.
libcore_a_SOURCES += \
	src/core/sender.c src/core/sender.h src/core/sender_priv.h \
	src/core/sender_build.c src/core/sender_claim.c src/core/sender_lanes.c src/core/sender_record.c \
	src/core/sender_secrets.c src/core/sender_send.c \
	src/core/webhook.c src/core/webhook.h src/core/webhook_catalogue.c
