# Schedulers whose clock a test holds (tests/fault/test_schedulers.py). Not in its folder, which is distributed as it stands,
# objects and all.
check_PROGRAMS += clocked_scheduler
clocked_scheduler_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
clocked_scheduler_SOURCES = tests/store/clocked_scheduler.c
clocked_scheduler_LDADD = $(LOWER_LIBS)
