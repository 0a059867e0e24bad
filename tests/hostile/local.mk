# A server under attack and its good clients: `./dev hostile SECONDS`.
tests_run_SOURCES += tests/hostile/security_test.cc
if WITH_TLS
hostile_sources = \
  tests/hostile/attackers.cc \
  tests/hostile/attackers.h \
  tests/hostile/good_client.cc \
  tests/hostile/good_client.h \
  tests/hostile/hostile.cc \
  tests/hostile/hostile.h
tests_run_SOURCES += $(hostile_sources) tests/hostile/hostile_test.cc

check_PROGRAMS += tests/hostile/hostile
tests_hostile_hostile_CPPFLAGS = $(tests_run_CPPFLAGS)
tests_hostile_hostile_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
tests_hostile_hostile_LDADD = $(tests_run_LDADD)
tests_hostile_hostile_SOURCES = $(hostile_sources) \
  tests/hostile/main.cc \
  tests/integration/greeter_process.cc \
  tests/support/agent_process.cc \
  tests/support/certificates.cc \
  tests/support/http_get.cc \
  tests/support/process.cc \
  tests/support/registry_query.cc
endif
