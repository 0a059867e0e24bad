# `make bench-programs` builds what `./dev bench` runs; nothing else needs it.
EXTRA_PROGRAMS += tests/bench/bench
CLEANFILES += tests/bench/bench$(EXEEXT) $(bench_generated)
tests_bench_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_builddir)/tests -I$(top_srcdir)/tests
tests_bench_bench_LDADD = libevmicro_core.la
tests_bench_bench_SOURCES = \
  tests/bench/answer.cc \
  tests/bench/evmicro_responder.cc \
  tests/bench/load.cc \
  tests/bench/load.h \
  tests/bench/main.cc \
  tests/bench/responders.cc \
  tests/bench/responders.h
bench_generated = tests/bench/bench.pb.cc tests/bench/bench.pb.h
nodist_tests_bench_bench_SOURCES = $(bench_generated)
EXTRA_DIST += tests/bench/bench.proto

tests/bench/bench-answer.$(OBJEXT) \
tests/bench/bench-evmicro_responder.$(OBJEXT): tests/bench/bench.pb.h

bench-programs: tests/bench/bench$(EXEEXT)
.PHONY: bench-programs
