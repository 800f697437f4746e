libdaemon_a_SOURCES += src/daemon/webhookd.c src/daemon/webhookd.h
