# What the platform does, in typed calls: no HTTP, no JSON of requests, no SQL.
noinst_LIBRARIES += libcore.a
libcore_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
libcore_a_SOURCES = \
	src/core/admitter.c src/core/admitter.h \
	src/core/allowed.c src/core/allowed.h \
	src/core/audit.c src/core/audit.h \
	src/core/schedule_decide.c src/core/schedule_decide.h \
	src/core/schedule_plan.c src/core/schedule_plan.h \
	src/core/scheduler.c src/core/scheduler.h \
	src/core/zones.c src/core/zones.h \
	src/core/auth.c src/core/auth.h src/core/auth_renew.c \
	src/core/credentials.c src/core/credentials.h \
	src/core/bells.c src/core/bells.h \
	src/core/endpoints.c src/core/endpoints.h src/core/endpoints_put.c src/core/endpoints_give_up.c \
	src/core/endpoint_secrets.c src/core/endpoint_secrets.h \
	src/core/deliveries.c src/core/deliveries.h src/core/deliveries_ask.c src/core/deliveries_failed.c src/core/deliveries_priv.h src/core/deliveries_put.c \
	src/core/keys.c src/core/keys.h src/core/keys_put.c \
	src/core/names.c src/core/names.h \
	src/core/once.c src/core/once.h \
	src/core/preferences.c src/core/preferences.h \
	src/core/principal.c src/core/principal.h \
	src/core/quota.c src/core/quota.h \
	src/core/ratelimit.c src/core/ratelimit.h \
	src/core/ratelimit_map.c src/core/ratelimit_map.h \
	src/core/processes.c src/core/processes.h \
	src/core/reseal.c src/core/reseal.h \
	src/core/rotation.c src/core/rotation.h src/core/rotation_priv.h \
	src/core/rotation_report.c src/core/rotation_retire.c \
	src/core/secrets.c src/core/secrets.h \
	src/core/split_write.c src/core/split_write.h \
	src/core/unsubscribe.c src/core/unsubscribe.h \
	src/core/usage.c src/core/usage.h
include src/core/duties.mk
include src/core/executor.mk
include src/core/sender.mk
include src/core/responder.mk
include src/core/admin.mk
CORE_LIBS = libcore.a
