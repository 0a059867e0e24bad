core_sources += \
  src/registry/consul/endpoints.cc \
  src/registry/consul/endpoints.h \
  src/registry/consul/environment.cc \
  src/registry/consul/environment.h \
  src/registry/consul/followed.h \
  src/registry/consul/messages.cc \
  src/registry/consul/messages.h \
  src/registry/consul/registry.cc \
  src/registry/consul/tags.cc \
  src/registry/consul/tags.h \
  src/registry/consul/watch.cc \
  src/registry/consul/watch.h \
  src/registry/consul/watch_slots.cc \
  src/registry/consul/watch_slots.h
