# filled by its folder
include src/store/queue.mk
