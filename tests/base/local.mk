# Tests of the types that every package uses.
tests_run_SOURCES += tests/base/buffer_test.cc tests/base/metadata_test.cc
