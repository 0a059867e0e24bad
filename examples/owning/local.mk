# examples/owned_calls: objects that own their calls.
noinst_PROGRAMS += examples/owned_calls
examples_owned_calls_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_owned_calls_LDADD = $(examples_LDADD)
examples_owned_calls_SOURCES = examples/owning/owning.cc
nodist_examples_owned_calls_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/owning/README.md

examples/owning/owned_calls-owning.$(OBJEXT) \
examples/greeting/owned_calls-greeter.pb.$(OBJEXT) \
examples/greeting/owned_calls-greeter.evmicro.$(OBJEXT): $(greeter_headers)
