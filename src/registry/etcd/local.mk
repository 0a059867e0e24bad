core_sources += \
  src/registry/etcd/client.cc \
  src/registry/etcd/client.h \
  src/registry/etcd/followed.h \
  src/registry/etcd/messages.cc \
  src/registry/etcd/messages.h \
  src/registry/etcd/registry.cc \
  src/registry/etcd/services.cc \
  src/registry/etcd/services.h \
  src/registry/etcd/watch.cc \
  src/registry/etcd/watch.h
