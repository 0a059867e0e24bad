# The embedded registry agent: part of the evmicro program and of the tests, not of the library.
noinst_LTLIBRARIES += libevmicro_agent.la
agent_sources = \
  src/agent/agent.cc \
  src/agent/agent.h \
  src/agent/api.cc \
  src/agent/api.h \
  src/agent/api_endpoints.cc \
  src/agent/api_local.cc \
  src/agent/catalog.cc \
  src/agent/catalog.h \
  src/agent/filter.cc \
  src/agent/filter.h \
  src/agent/go_duration.cc \
  src/agent/go_duration.h \
  src/agent/go_struct.cc \
  src/agent/go_struct.h \
  src/agent/held_queries.cc \
  src/agent/held_queries.h \
  src/agent/registration.cc \
  src/agent/registration.h \
  src/agent/render.cc \
  src/agent/render.h \
  src/agent/run_agent.cc \
  src/agent/run_agent.h \
  src/agent/store.cc \
  src/agent/store.h
if UNITY
libevmicro_agent_la_SOURCES =
nodist_libevmicro_agent_la_SOURCES = unity/agent.cc
libevmicro_agent_la_CXXFLAGS = $(AM_CXXFLAGS) $(unity_CXXFLAGS)
else
libevmicro_agent_la_SOURCES = $(agent_sources)
libevmicro_agent_la_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
endif

# All of the evmicro program that `./dev demo` runs.
EXTRA_PROGRAMS += demo-agent
CLEANFILES += demo-agent$(EXEEXT)
demo_agent_SOURCES = src/agent/demo_agent.cc
demo_agent_LDADD = libevmicro_agent.la libevmicro_core.la
