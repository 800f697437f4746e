# Includes go downward only; libraries, SQL and seams stay in their places.
TESTS += tests/lint/layers
EXTRA_DIST += tests/lint/layers

# The documents agree with the tree, the manual pages and the reference with the programs; shell scripts pass shellcheck.
EXTRA_DIST += tests/lint/docs tests/lint/manual tests/lint/reference tests/lint/shell
if HAVE_PYTHON
TESTS += tests/lint/docs tests/lint/manual tests/lint/reference
endif
if HAVE_SHELLCHECK
TESTS += tests/lint/shell
endif
