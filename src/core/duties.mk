# What schedulers do beside firing schedules.
libcore_a_SOURCES += src/core/duties.c src/core/duties.h
