# Tests of selector.
tests_run_SOURCES += \
  tests/selector/selector_contract_test.cc \
  tests/selector/selector_memory_test.cc \
  tests/selector/selector_test.cc
