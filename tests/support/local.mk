# Helpers of several suites.
EXTRA_DIST += tests/support/get-consul
