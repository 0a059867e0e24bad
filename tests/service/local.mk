tests_run_SOURCES += tests/service/duration_test.cc
