# Tests of event.
tests_run_SOURCES += \
  tests/event/http_reader_test.cc
