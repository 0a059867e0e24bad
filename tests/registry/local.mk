tests_run_SOURCES += \
  tests/registry/advertise_test.cc \
  tests/registry/agent_registry_test.cc \
  tests/registry/described_field_test.cc \
  tests/registry/http_endpoints_test.cc \
  tests/registry/ignored_nodes_test.cc \
  tests/registry/memory_registry_test.cc \
  tests/registry/registrar_test.cc \
  tests/registry/request_sequence_test.cc \
  tests/registry/service_json_test.cc \
  tests/registry/subject_test.cc
EXTRA_DIST += tests/registry/golden

include tests/registry/consul/local.mk
include tests/registry/etcd/local.mk
