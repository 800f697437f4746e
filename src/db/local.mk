# The connection: statements, transactions, retry rules. Knows no table.
noinst_LIBRARIES += libdb.a
libdb_a_CPPFLAGS = $(AM_CPPFLAGS) $(MYSQL_CFLAGS)
libdb_a_SOURCES = src/db/db.h src/db/db_priv.h \
	src/db/pool.c src/db/connect.c src/db/breaker.c src/db/statement.c src/db/bulk.c \
	src/db/rows.c src/db/transaction.c src/db/lists.c src/db/pack.c
DB_LIBS = libdb.a $(MYSQL_LIBS)
