include tests/fuzz/json.mk
include tests/fuzz/migrate.mk
