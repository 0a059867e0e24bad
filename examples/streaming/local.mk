# examples/example_server and examples/example_client: go-micro's example service, with streams.
noinst_PROGRAMS += examples/example_server examples/example_client
examples_example_server_CPPFLAGS = $(examples_CPPFLAGS) $(example_CPPFLAGS)
examples_example_server_LDADD = $(examples_LDADD)
examples_example_server_SOURCES = examples/streaming/server.cc
nodist_examples_example_server_SOURCES = $(example_generated)
examples_example_client_CPPFLAGS = $(examples_CPPFLAGS) $(example_CPPFLAGS)
examples_example_client_LDADD = $(examples_LDADD)
examples_example_client_SOURCES = examples/streaming/client.cc
nodist_examples_example_client_SOURCES = $(example_generated)

example_CPPFLAGS = -I$(top_builddir)/examples/streaming
example_headers = examples/streaming/example.pb.h examples/streaming/example.evmicro.h
example_generated = examples/streaming/example.pb.cc examples/streaming/example.evmicro.cc
CLEANFILES += $(example_headers) $(example_generated)
EXTRA_DIST += examples/streaming/README.md examples/streaming/example.proto

# The compiler finds the dependencies only after the headers exist.
examples/streaming/example_server-server.$(OBJEXT) \
examples/streaming/example_server-example.pb.$(OBJEXT) \
examples/streaming/example_server-example.evmicro.$(OBJEXT) \
examples/streaming/example_client-client.$(OBJEXT) \
examples/streaming/example_client-example.pb.$(OBJEXT) \
examples/streaming/example_client-example.evmicro.$(OBJEXT): $(example_headers)
