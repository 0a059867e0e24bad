# Tests of the types that every package uses.
tests_run_SOURCES += tests/base/metadata_test.cc
