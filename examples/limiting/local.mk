# examples/limited: a rate limit, a circuit breaker and hedging.
noinst_PROGRAMS += examples/limited
examples_limited_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_limited_LDADD = $(examples_LDADD)
examples_limited_SOURCES = examples/limiting/limited.cc
nodist_examples_limited_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/limiting/README.md

examples/limiting/limited-limited.$(OBJEXT) \
examples/greeting/limited-greeter.pb.$(OBJEXT) \
examples/greeting/limited-greeter.evmicro.$(OBJEXT): $(greeter_headers)
