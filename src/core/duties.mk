# What schedulers do beside firing schedules.
libcore_a_SOURCES += src/core/duties.c src/core/duties.h src/core/duties_priv.h \
	src/core/duties_table.c src/core/duties_thread.c
