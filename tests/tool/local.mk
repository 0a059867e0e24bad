# Tests of tool.
tests_run_SOURCES += \
  tests/tool/agent_command_test.cc
