tests_run_SOURCES += \
  tests/call/call_deadlines_test.cc
