# All SQL. One file per group of tables.
noinst_LIBRARIES += libstore.a
libstore_a_CPPFLAGS = $(AM_CPPFLAGS)
libstore_a_SOURCES = \
	src/store/accounts.c src/store/accounts.h \
	src/store/admission.c src/store/admission.h src/store/admission_look.c src/store/admission_told.c src/store/admission_priv.h \
	src/store/api_keys.c src/store/key_cols.h \
	src/store/audit.c src/store/audit.h \
	src/store/budgets.c src/store/budgets.h src/store/budgets_spend.c src/store/usage.c src/store/usage.h \
	src/store/cols.c src/store/cols.h \
	src/store/connections.c \
	src/store/effects.c src/store/effects.h src/store/effects_priv.h src/store/memory.c \
	src/store/execution_list.c src/store/execution_steps.c \
	src/store/execution_watch.c src/store/execution_watch.h \
	src/store/executions.c src/store/executions.h src/store/executions_priv.h \
	src/store/kept_answers.c src/store/kept_answers.h \
	src/store/migrate.c src/store/migrate.h src/store/migrate_priv.h \
	src/store/migrate_files.c src/store/migrate_lock.c src/store/migrate_records.c \
	src/store/sql_split.c src/store/sql_split.h \
	src/store/outbox.c src/store/outbox.h src/store/outbox_priv.h \
	src/store/outbox_claim.c src/store/outbox_read.c src/store/outbox_fanout.c \
	src/store/outbox_record.c src/store/outbox_release.c src/store/outbox_stats.c src/store/deliveries.c src/store/deliveries.h \
	src/store/endpoints.c src/store/endpoints.h src/store/events.c src/store/events.h \
	src/store/notifications.c src/store/notifications.h src/store/notifications_take.c \
	src/store/trials.c src/store/trials.h src/store/note_payloads.c src/store/note_payloads.h \
	src/store/plan_cols.h src/store/plans.c src/store/principal.c \
	src/store/sessions.c src/store/sessions.h src/store/subscriptions.c
libstore_a_SOURCES += src/store/request_minutes.c src/store/request_minutes.h
libstore_a_SOURCES += src/store/schedules.h src/store/schedules.c src/store/schedule_names.c src/store/schedule_slots.c
libstore_a_SOURCES += src/store/schedule_stats.c
libstore_a_SOURCES += src/store/schedule_fire.c src/store/schedule_fire.h \
	src/store/schedule_fire_priv.h src/store/schedule_fire_read.c src/store/schedule_fire_write.c
libstore_a_SOURCES += \
	src/store/duties.c src/store/duties.h src/store/months.c src/store/months.h \
	src/store/retention.c src/store/retention.h src/store/retention_priv.h \
	src/store/retention_runs.c src/store/retention_slots.c
include src/store/queue.mk
STORE_LIBS = libstore.a
libstore_a_SOURCES += \
	src/store/pepper_keys.c src/store/pepper_keys.h \
	src/store/processes.c src/store/processes.h \
	src/store/reseal.c src/store/reseal.h \
	src/store/secret_states.c src/store/secret_states.h
