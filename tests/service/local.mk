tests_run_SOURCES += \
  tests/service/flags_test.cc \
  tests/service/protobuf_log_test.cc \
  tests/service/service_test.cc
