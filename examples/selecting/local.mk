# examples/selector_filter: a client that does not call every node.
noinst_PROGRAMS += examples/selector_filter
examples_selector_filter_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_selector_filter_LDADD = $(examples_LDADD)
examples_selector_filter_SOURCES = examples/selecting/client.cc
nodist_examples_selector_filter_SOURCES = $(greeter_generated)
EXTRA_DIST += examples/selecting/README.md

examples/selecting/selector_filter-client.$(OBJEXT) \
examples/greeting/selector_filter-greeter.pb.$(OBJEXT) \
examples/greeting/selector_filter-greeter.evmicro.$(OBJEXT): $(greeter_headers)
