# The test runner, and what it asks the makefile.
EXTRA_DIST += tests/run tests/run_suites.h tests/lib tests/packages.npm tests/api tests/openapi tests/quickstart tests/fault tests/limits tests/e2e tests/imap tests/mail tests/outbound tests/sdk tests/callers tests/mcp .ci/run

print-TESTS:
	@echo $(TESTS)
print-check_PROGRAMS:
	@echo $(check_PROGRAMS)
print-noinst_PROGRAMS:
	@echo $(noinst_PROGRAMS)
.PHONY: print-TESTS print-check_PROGRAMS print-noinst_PROGRAMS
