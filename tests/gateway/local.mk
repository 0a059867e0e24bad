tests_run_SOURCES += \
  tests/gateway/api_gateway_test.cc \
  tests/gateway/request_test.cc
