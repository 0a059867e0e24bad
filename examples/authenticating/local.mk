# examples/authenticated: callers with tokens or certificates.
noinst_PROGRAMS += examples/authenticated
examples_authenticated_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_authenticated_LDADD = $(examples_LDADD)
examples_authenticated_SOURCES = examples/authenticating/authenticated.cc
nodist_examples_authenticated_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/authenticating/README.md

examples/authenticating/authenticated-authenticated.$(OBJEXT) \
examples/greeting/authenticated-greeter.pb.$(OBJEXT) \
examples/greeting/authenticated-greeter.evmicro.$(OBJEXT): $(greeter_headers)
