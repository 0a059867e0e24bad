# Unary calls, streams and publications while services come, go and die: `./dev soak MINUTES`.
soak_sources = \
  tests/soak/load.cc \
  tests/soak/load.h \
  tests/soak/soak.cc \
  tests/soak/soak.h \
  tests/soak/tls_files.h
if WITH_TLS
soak_sources += tests/soak/tls_files.cc
soak_support = tests/support/certificates.cc
else
soak_sources += tests/soak/without_tls.cc
soak_support =
endif
tests_run_SOURCES += $(soak_sources) tests/soak/soak_test.cc

check_PROGRAMS += tests/soak/soak
tests_soak_soak_CPPFLAGS = $(tests_run_CPPFLAGS)
tests_soak_soak_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
tests_soak_soak_LDADD = $(tests_run_LDADD)
tests_soak_soak_SOURCES = $(soak_sources) $(soak_support) \
  tests/integration/greeter_process.cc \
  tests/soak/main.cc \
  tests/support/agent_process.cc \
  tests/support/http_get.cc \
  tests/support/meanwhile.cc \
  tests/support/process.cc \
  tests/support/registry_query.cc
