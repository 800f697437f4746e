FUZZ_TARGETS =
include tests/fuzz/agents.mk
include tests/fuzz/cron.mk
include tests/fuzz/http.mk
include tests/fuzz/json.mk
include tests/fuzz/migrate.mk
include tests/fuzz/net.mk
