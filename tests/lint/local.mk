# Includes go downward only; libraries, SQL and seams stay in their places.
TESTS += tests/lint/layers
EXTRA_DIST += tests/lint/layers
