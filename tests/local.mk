# One program runs every suite. Arguments choose: `tests/run evmicro::TimerTest`. It goes to the top
# of the build first, so that no path of this machine is compiled in and caches of compilers hit.
check_PROGRAMS += tests/run
TESTS += tests/run
tests_run_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_builddir)/tests -I$(top_srcdir)/tests $(CPPUNIT_CFLAGS) \
  -DTEST_SOURCE_DIR='"$(top_srcdir)/tests"' -DTEST_BUILD_DIR='"."'
tests_run_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
tests_run_LDADD = libevmicro-conformance.la libevmicro_tool.la libevmicro_core.la $(CPPUNIT_LIBS) \
  $(linked_modules) $(LINKED_LOG4CPLUS)
tests_run_SOURCES = tests/main.cc
nodist_tests_run_SOURCES =
EXTRA_tests_run_DEPENDENCIES =

include tests/support/local.mk
include tests/base/local.mk
include tests/json/local.mk
include tests/codec/local.mk
include tests/metrics/local.mk
include tests/net/local.mk
include tests/http/local.mk
include tests/http2/local.mk
include tests/registry/local.mk
include tests/discovery/local.mk
include tests/selector/local.mk
include tests/transport/local.mk
include tests/broker/local.mk
include tests/event/local.mk
include tests/call/local.mk
include tests/coroutine/local.mk
include tests/client/local.mk
include tests/wrapper/local.mk
include tests/server/local.mk
include tests/service/local.mk
include tests/modules/local.mk
include tests/web/local.mk
include tests/agent/local.mk
include tests/gateway/local.mk
include tests/dashboard/local.mk
include tests/browser/local.mk
include tests/tool/local.mk
include tests/protoc/local.mk
include tests/integration/local.mk
include tests/peers/local.mk
include tests/chaos/local.mk
include tests/soak/local.mk
include tests/hostile/local.mk
include tests/threads/local.mk
include tests/faults/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/guard/local.mk
include tests/mutation/local.mk
