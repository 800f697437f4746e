# filled by its folder
include src/bin/worker.mk
