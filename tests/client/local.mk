tests_run_SOURCES += tests/client/client_test.cc
