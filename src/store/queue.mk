# The queue: claim, leases, end, slots, upkeep.
libstore_a_SOURCES += \
	src/store/cursor.h src/store/durations.c src/store/durations.h \
	src/store/queue.h src/store/queue_priv.h \
	src/store/queue_audit.c src/store/queue_audit_runs.c src/store/queue_cancel.c src/store/queue_claim.c \
	src/store/queue_end.c src/store/queue_later.c src/store/queue_lease.c \
	src/store/queue_look.c src/store/queue_notes.c src/store/queue_schedule.c src/store/queue_slots.c src/store/queue_sweep.c
