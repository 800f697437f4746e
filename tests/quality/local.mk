# What is fitted, and the programs that judge it (tests/quality/run, tests/quality/fit).
quality_programs = quality_judge quality_fit
check_PROGRAMS += $(quality_programs)
quality_judge_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS) $(GMIME_CFLAGS) -DAGENTS_SOURCE=\"$(abs_top_srcdir)/src/agents\"
quality_judge_SOURCES = tests/quality/judge.c
quality_judge_LDADD = $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) $(BASE_LIBS)
quality_fit_CPPFLAGS = $(AM_CPPFLAGS) $(JSONC_CFLAGS)
quality_fit_SOURCES = tests/quality/fit.c tests/quality/fit.h tests/quality/fit_learn.c tests/quality/fit_table.c
quality_fit_LDADD = $(AGENTS_LIBS) $(INTEGRATIONS_LIBS) $(BASE_LIBS)

quality-programs: $(quality_programs)
.PHONY: quality-programs
EXTRA_DIST += tests/quality/run tests/quality/fit tests/quality/fit_rows.py tests/quality/figures.py \
	tests/quality/report.py tests/quality/test_tools.py tests/quality/data
