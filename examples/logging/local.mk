# examples/wrapper: middleware on both sides.
noinst_PROGRAMS += examples/wrapper
examples_wrapper_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_wrapper_LDADD = $(examples_LDADD)
examples_wrapper_SOURCES = examples/logging/wrapper.cc
nodist_examples_wrapper_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/logging/README.md

examples/logging/wrapper-wrapper.$(OBJEXT) \
examples/greeting/wrapper-greeter.pb.$(OBJEXT) \
examples/greeting/wrapper-greeter.evmicro.$(OBJEXT): $(greeter_headers)
