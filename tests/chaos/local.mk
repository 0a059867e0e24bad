# What a caller notices of failing registries and nodes: `./dev chaos`.
chaos_sources = \
  tests/chaos/matrix.cc \
  tests/chaos/matrix.h \
  tests/chaos/registries.cc \
  tests/chaos/registries.h \
  tests/chaos/world.cc \
  tests/chaos/world.h
tests_run_SOURCES += $(chaos_sources) tests/chaos/chaos_test.cc

check_PROGRAMS += tests/chaos/chaos
tests_chaos_chaos_CPPFLAGS = $(tests_run_CPPFLAGS)
tests_chaos_chaos_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
tests_chaos_chaos_LDADD = $(tests_run_LDADD)
tests_chaos_chaos_SOURCES = $(chaos_sources) \
  tests/chaos/main.cc \
  tests/integration/constant_caller.cc \
  tests/support/consul_server.cc \
  tests/support/etcd_server.cc \
  tests/support/faulty_proxy.cc \
  tests/support/http_get.cc \
  tests/support/meanwhile.cc \
  tests/support/ports.cc \
  tests/support/process.cc \
  tests/support/registry_query.cc
