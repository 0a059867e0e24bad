# Tests of agent.
tests_run_SOURCES += \
  tests/agent/agent_test.cc \
  tests/agent/api_test.cc \
  tests/agent/consul_cli_test.cc \
  tests/agent/consul_comparison_test.cc \
  tests/agent/filter_test.cc \
  tests/agent/go_duration_test.cc \
  tests/agent/http_caller.cc \
  tests/agent/http_caller.h \
  tests/agent/registration_test.cc \
  tests/agent/store_test.cc \
  tests/support/embedded_agent.h
