# Tests of call.
tests_run_SOURCES += \
  tests/call/attempts_test.cc \
  tests/call/connection_pool_test.cc \
  tests/call/idle_timer_test.cc \
  tests/call/known_nodes_test.cc \
  tests/call/pushback_test.cc \
  tests/call/retry_budget_test.cc
