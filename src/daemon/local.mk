# filled by its folder
include src/daemon/worker.mk
