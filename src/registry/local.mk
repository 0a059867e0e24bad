libevmicro_core_la_SOURCES += \
  src/registry/advertise.cc \
  src/registry/advertise.h \
  src/registry/audience.h \
  src/registry/check_service.cc \
  src/registry/check_service.h \
  src/registry/consul_address.cc \
  src/registry/consul_address.h \
  src/registry/consul_agents.cc \
  src/registry/consul_agents.h \
  src/registry/consul_followed.h \
  src/registry/consul_messages.cc \
  src/registry/consul_messages.h \
  src/registry/consul_registry.cc \
  src/registry/consul_tags.cc \
  src/registry/consul_tags.h \
  src/registry/consul_watch.cc \
  src/registry/consul_watch.h \
  src/registry/feed.h \
  src/registry/json_reader.cc \
  src/registry/json_reader.h \
  src/registry/memory_registry.cc \
  src/registry/registrar.cc \
  src/registry/registrar.h \
  src/registry/service_json.cc \
  src/registry/service_json.h \
  src/registry/watch_slots.cc \
  src/registry/watch_slots.h
