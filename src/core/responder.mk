# What only the responder uses.
libcore_a_SOURCES += \
	src/core/local_runs.c src/core/local_runs.h \
	src/core/runs.c src/core/runs.h
