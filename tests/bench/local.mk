include tests/bench/queue.mk
include tests/bench/json.mk
include tests/bench/run.mk
