# Tests of integration.
tests_run_SOURCES += \
  tests/integration/consul_registry_test.cc
