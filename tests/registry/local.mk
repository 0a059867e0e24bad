# Tests of registry.
tests_run_SOURCES += \
  tests/registry/agent_registry_test.cc \
  tests/registry/consul_golden_test.cc \
  tests/registry/consul_messages_test.cc \
  tests/registry/consul_registry_test.cc \
  tests/registry/consul_tags_test.cc \
  tests/registry/consul_watch_test.cc \
  tests/registry/etcd_registry_test.cc \
  tests/registry/etcd_watch_test.cc \
  tests/registry/follow_contract.cc \
  tests/registry/memory_registry_test.cc \
  tests/registry/registrar_test.cc \
  tests/registry/registry_contract.cc \
  tests/registry/registry_contract.h \
  tests/registry/registry_watch_test.cc \
  tests/registry/service_json_test.cc \
  tests/registry/service_view_test.cc
EXTRA_DIST += tests/registry/golden
