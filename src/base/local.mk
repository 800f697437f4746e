# The lowest layer: no database, no network, no threads but locks.
noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(CRYPTO_CFLAGS) $(INIH_CFLAGS) $(ZLIB_CFLAGS)
libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/cron.h src/base/cron_match.c src/base/cron_next.c src/base/cron_parse.c src/base/cron_priv.h \
	src/base/config.c src/base/config.h src/base/config_env.c src/base/config_mail.c src/base/config_priv.h src/base/config_table.c \
	src/base/crypto.c src/base/crypto.h src/base/crypto_password.c src/base/crypto_password.h \
	src/base/crypto_ring.c src/base/crypto_seal.c \
	src/base/doorbell.c src/base/doorbell.h \
	src/base/encode.c \
	src/base/err.c src/base/err.h \
	src/base/id.c src/base/id.h \
	src/base/json.h src/base/json_get.c src/base/json_out.c src/base/json_put.c src/base/json_scan.h \
	src/base/json_read.c src/base/json_read_string.c src/base/json_read_number.c src/base/json_read_priv.h \
	src/base/log.c src/base/log.h src/base/log_syslog.c src/base/log_syslog.h \
	src/base/mail_address.c src/base/mail_address.h \
	src/base/mem.c src/base/mem.h \
	src/base/process.c src/base/process.h \
	src/base/network.c src/base/network.h \
	src/base/rnd.c src/base/rnd.h \
	src/base/schema.h src/base/schema_priv.h src/base/schema_value.c src/base/schema_format.c \
	src/base/schema_compile.c src/base/schema_keyword.c src/base/schema_ref.c src/base/schema_compile_priv.h \
	src/base/schema_check.c src/base/schema_fail.c src/base/schema_check_priv.h \
	src/base/zone.c src/base/zone.h src/base/zone_file.c src/base/zone_priv.h src/base/zone_rule.c
BASE_LIBS = libbase.a $(JSONC_LIBS) $(CRYPTO_LIBS) $(INIH_LIBS) $(ZLIB_LIBS) -lm
