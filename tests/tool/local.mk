# Tests of tool.
tests_run_SOURCES += \
  tests/tool/agent_command_test.cc \
  tests/tool/broker_commands_test.cc \
  tests/tool/command_line_test.cc \
  tests/tool/endpoint_check_test.cc \
  tests/tool/evmicro_process.cc \
  tests/tool/evmicro_process.h \
  tests/tool/grpc_commands_test.cc \
  tests/tool/manual_test.cc \
  tests/tool/node_commands_test.cc \
  tests/tool/printable_test.cc \
  tests/tool/query_command_test.cc \
  tests/tool/readme_gateways_test.cc \
  tests/tool/readme_test.cc \
  tests/tool/registry_commands_test.cc \
  tests/tool/service_text_test.cc \
  tests/tool/stream_command_test.cc \
  tests/tool/walk.cc \
  tests/tool/walk.h \
  tests/tool/watch_command_test.cc
