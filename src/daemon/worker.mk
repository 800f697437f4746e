libdaemon_a_SOURCES += src/daemon/worker.c src/daemon/worker.h
