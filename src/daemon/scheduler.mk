libdaemon_a_SOURCES += src/daemon/scheduler.c src/daemon/scheduler.h
