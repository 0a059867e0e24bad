core_sources += \
  src/registry/advertise.cc \
  src/registry/advertise.h \
  src/registry/check_service.cc \
  src/registry/described_field.cc \
  src/registry/described_field.h \
  src/registry/http_endpoints.cc \
  src/registry/ignored_nodes.cc \
  src/registry/ignored_nodes.h \
  src/registry/memory_registry.cc \
  src/registry/method_kind.cc \
  src/registry/method_kind.h \
  src/registry/registrar.cc \
  src/registry/registrar.h \
  src/registry/secure_node.h \
  src/registry/request_sequence.cc \
  src/registry/request_sequence.h \
  src/registry/service_json.cc \
  src/registry/service_json.h

include src/registry/consul/local.mk
include src/registry/etcd/local.mk
