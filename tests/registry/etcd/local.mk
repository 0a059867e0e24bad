tests_run_SOURCES += \
  tests/registry/etcd/registry_test.cc \
  tests/registry/etcd/services_test.cc \
  tests/registry/etcd/watch_test.cc
