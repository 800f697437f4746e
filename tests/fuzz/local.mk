include tests/fuzz/json.mk
