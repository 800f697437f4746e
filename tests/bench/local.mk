include tests/bench/queue.mk
include tests/bench/json.mk
