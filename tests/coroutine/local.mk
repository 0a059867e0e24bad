# Suites in C++20, as a program of their own: the library and the other tests are C++17. It is run by
# coroutine_program_test.cc.
if HAVE_COROUTINES
check_PROGRAMS += tests/coroutine/run
tests_coroutine_run_CPPFLAGS = $(tests_run_CPPFLAGS)
tests_coroutine_run_CXXFLAGS = $(AM_CXXFLAGS) $(COROUTINE_CXXFLAGS) -Wconversion
tests_coroutine_run_LDADD = libevmicro-conformance.la libevmicro_core.la $(CPPUNIT_LIBS)
tests_coroutine_run_SOURCES = \
  tests/main.cc \
  tests/coroutine/async_stream_test.cc \
  tests/coroutine/await_test.cc \
  tests/coroutine/handler_test.cc \
  tests/coroutine/task_test.cc \
  tests/coroutine/when_test.cc \
  tests/coroutine/world.h \
  tests/support/skip.cc \
  tests/support/turn_until.cc
EXTRA_tests_run_DEPENDENCIES += tests/coroutine/run$(EXEEXT)
endif
tests_run_SOURCES += tests/coroutine/coroutine_program_test.cc
