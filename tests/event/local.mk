tests_run_SOURCES += \
  tests/event/deadlines_test.cc
