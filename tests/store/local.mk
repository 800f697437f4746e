include tests/store/queue.mk
