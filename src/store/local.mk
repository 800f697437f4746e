# All SQL. One file per group of tables.
noinst_LIBRARIES += libstore.a
libstore_a_CPPFLAGS = $(AM_CPPFLAGS)
libstore_a_SOURCES = \
	src/store/accounts.c src/store/accounts.h \
	src/store/admission.c src/store/admission.h \
	src/store/executions.c src/store/executions.h \
	src/store/migrate.c src/store/migrate.h \
	src/store/outbox.c src/store/outbox.h
include src/store/queue.mk
STORE_LIBS = libstore.a
