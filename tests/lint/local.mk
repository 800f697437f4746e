# Includes go downward only; libraries, SQL and seams stay in their places.
TESTS += tests/lint/layers
EXTRA_DIST += tests/lint/layers

# The documents agree with the tree; shell scripts pass shellcheck.
EXTRA_DIST += tests/lint/docs tests/lint/shell
if HAVE_PYTHON
TESTS += tests/lint/docs
endif
if HAVE_SHELLCHECK
TESTS += tests/lint/shell
endif
# The manual pages and docs/configuration.md say what the programs say.
TESTS += tests/lint/manual
EXTRA_DIST += tests/lint/manual
