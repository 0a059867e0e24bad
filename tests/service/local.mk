tests_run_SOURCES += \
  tests/service/duration_test.cc \
  tests/service/flags_test.cc
