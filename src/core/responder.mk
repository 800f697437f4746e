# What only the responder uses.
libcore_a_SOURCES += \
	src/core/connections.c src/core/connections.h \
	src/core/group.c src/core/group.h \
	src/core/logins.c src/core/logins.h \
	src/core/local_runs.c src/core/local_runs.h \
	src/core/reader.c src/core/reader.h \
	src/core/run_process.c src/core/run_process.h \
	src/core/runs.c src/core/runs.h
