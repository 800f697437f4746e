include tests/bench/queue.mk
