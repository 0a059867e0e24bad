tests_run_SOURCES += \
  tests/registry/consul/golden_test.cc \
  tests/registry/consul/acl_test.cc \
  tests/registry/consul/environment_test.cc \
  tests/registry/consul/messages_test.cc \
  tests/registry/consul/registry_test.cc \
  tests/registry/consul/tags_test.cc \
  tests/registry/consul/watch_test.cc
