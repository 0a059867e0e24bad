# What `tests/guard/check` counts the instructions of. Built without sanitizers, by `./dev test`, or
# by hand: `make tests/guard/loop && ../tests/guard/check tests/guard/loop`.
EXTRA_PROGRAMS += tests/guard/loop
CLEANFILES += tests/guard/loop$(EXEEXT)
tests_guard_loop_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_guard_loop_LDADD = libevmicro_core.la
tests_guard_loop_SOURCES = tests/guard/loop.cc tests/guard/greeter.h
# Likewise `tests/guard/bodies`.
EXTRA_PROGRAMS += tests/guard/body
CLEANFILES += tests/guard/body$(EXEEXT)
tests_guard_body_LDADD = libevmicro_core.la
tests_guard_body_SOURCES = tests/guard/body.cc
EXTRA_DIST += tests/guard/bodies
EXTRA_DIST += tests/guard/baseline tests/guard/check tests/guard/coroutines tests/guard/coroutine.cc

if HAVE_COROUTINES
EXTRA_PROGRAMS += tests/guard/coroutine
CLEANFILES += tests/guard/coroutine$(EXEEXT)
tests_guard_coroutine_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_guard_coroutine_CXXFLAGS = $(AM_CXXFLAGS) $(COROUTINE_CXXFLAGS)
tests_guard_coroutine_LDADD = libevmicro_core.la
tests_guard_coroutine_SOURCES = tests/guard/coroutine.cc tests/guard/greeter.h
endif
