# examples/greeter: the service of the README, and its client.
noinst_PROGRAMS += examples/greeter
examples_greeter_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_greeter_LDADD = $(examples_LDADD)
examples_greeter_SOURCES = examples/greeting/greeter.cc
nodist_examples_greeter_SOURCES = $(greeter_generated)

# What every program that speaks to greeters has in common.
greeter_CPPFLAGS = -I$(top_builddir)/examples/greeting
greeter_headers = examples/greeting/greeter.pb.h examples/greeting/greeter.evmicro.h
greeter_generated = examples/greeting/greeter.pb.cc examples/greeting/greeter.evmicro.cc
CLEANFILES += $(greeter_headers) $(greeter_generated)
EXTRA_DIST += examples/greeting/README.md examples/greeting/by_hand.cc examples/greeting/greeter.proto

# The compiler finds the dependencies only after the headers exist.
examples/greeting/greeter-greeter.$(OBJEXT) \
examples/greeting/greeter-greeter.pb.$(OBJEXT) \
examples/greeting/greeter-greeter.evmicro.$(OBJEXT): $(greeter_headers)

# The greeter of Go Micro's examples, and what stands behind `evmicro api`.
noinst_PROGRAMS += examples/greeter_srv examples/greeter_api examples/greeter_rest examples/greeter_web
examples_greeter_srv_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_greeter_srv_LDADD = $(examples_LDADD)
examples_greeter_srv_SOURCES = examples/greeting/greeter_srv.cc
nodist_examples_greeter_srv_SOURCES = $(say_generated)
examples_greeter_api_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_greeter_api_LDADD = $(examples_LDADD)
examples_greeter_api_SOURCES = examples/greeting/greeter_api.cc examples/greeting/json_string.h
nodist_examples_greeter_api_SOURCES = $(say_generated) examples/greeting/go_api.pb.cc
examples_greeter_rest_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_greeter_rest_LDADD = $(examples_LDADD)
examples_greeter_rest_SOURCES = examples/greeting/greeter_rest.cc examples/greeting/json_string.h
nodist_examples_greeter_rest_SOURCES = $(say_generated)
examples_greeter_web_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS)
examples_greeter_web_LDADD = $(examples_LDADD)
examples_greeter_web_SOURCES = examples/greeting/greeter_web.cc
nodist_examples_greeter_web_SOURCES = $(say_generated)
say_headers = examples/greeting/say.pb.h examples/greeting/say.evmicro.h examples/greeting/go_api.pb.h
say_generated = examples/greeting/say.pb.cc examples/greeting/say.evmicro.cc
CLEANFILES += $(say_headers) $(say_generated) examples/greeting/go_api.pb.cc
EXTRA_DIST += examples/greeting/say.proto examples/greeting/go_api.proto
$(examples_greeter_srv_OBJECTS) $(examples_greeter_api_OBJECTS) \
$(examples_greeter_rest_OBJECTS) $(examples_greeter_web_OBJECTS): $(say_headers)

# The greeter in other languages, beside `evmicro sidecar`.
EXTRA_DIST += \
  examples/greeting/python/greeter.py \
  examples/greeting/python/rpc_client.py \
  examples/greeting/python/rpc_server.py \
  examples/greeting/python/sidecar_client.py \
  examples/greeting/python/sidecar_server.py \
  examples/greeting/ruby/greeter.rb \
  examples/greeting/ruby/rpc_client.rb \
  examples/greeting/ruby/rpc_server.rb \
  examples/greeting/ruby/sidecar_client.rb \
  examples/greeting/ruby/sidecar_server.rb
