# filled by its folder
include src/core/executor.mk
