# The daemons: one loop, and what each does in it.
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
libdaemon_a_SOURCES = src/daemon/loop.c src/daemon/loop.h src/daemon/notify.c src/daemon/notify.h \
	src/daemon/start.c src/daemon/start.h
include src/daemon/worker.mk
include src/daemon/scheduler.mk
include src/daemon/webhookd.mk
DAEMON_LIBS = libdaemon.a
