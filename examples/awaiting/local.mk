# examples/coroutines: the greeter and its caller in C++20.
EXTRA_DIST += examples/awaiting/README.md examples/awaiting/coroutines.cc
if HAVE_COROUTINES
noinst_PROGRAMS += examples/coroutines
examples_coroutines_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_coroutines_CXXFLAGS = $(AM_CXXFLAGS) $(COROUTINE_CXXFLAGS)
examples_coroutines_LDADD = $(examples_LDADD)
examples_coroutines_SOURCES = examples/awaiting/coroutines.cc
nodist_examples_coroutines_SOURCES = $(greeter_generated)
examples/awaiting/coroutines-coroutines.$(OBJEXT) \
examples/greeting/coroutines-greeter.pb.$(OBJEXT) \
examples/greeting/coroutines-greeter.evmicro.$(OBJEXT): $(greeter_headers)
endif
