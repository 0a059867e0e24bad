# Programs of others around the built ones: proxies, load tools, HTTP clients.
tests_run_SOURCES += \
  tests/peers/ab_test.cc \
  tests/peers/curl_test.cc \
  tests/peers/fronted_gateway_test.cc \
  tests/peers/go_test.cc \
  tests/peers/haproxy.h \
  tests/peers/haproxy_test.cc \
  tests/peers/nginx.h \
  tests/peers/nginx_test.cc \
  tests/peers/peer_program.cc \
  tests/peers/peer_program.h \
  tests/peers/ports.cc \
  tests/peers/ports.h
EXTRA_DIST += tests/peers/peer.go

if WITH_GRPC
tests_run_SOURCES += \
  tests/peers/grpc_interop_test.cc \
  tests/peers/grpc_node_test.cc \
  tests/peers/interop/cases.cc \
  tests/peers/interop/cases.h \
  tests/peers/interop/service.cc \
  tests/peers/interop/service.h
nodist_tests_run_SOURCES += \
  tests/peers/interop/interop.evmicro.cc \
  tests/peers/interop/interop.pb.cc
interop_headers = tests/peers/interop/interop.evmicro.h tests/peers/interop/interop.pb.h
CLEANFILES += $(interop_headers) \
  tests/peers/interop/interop.evmicro.cc tests/peers/interop/interop.pb.cc
# The compiler finds the dependencies only after the headers exist.
tests/peers/tests_run-grpc_interop_test.$(OBJEXT) \
tests/peers/interop/tests_run-cases.$(OBJEXT) \
tests/peers/interop/tests_run-service.$(OBJEXT) \
tests/peers/interop/tests_run-interop.evmicro.$(OBJEXT) \
tests/peers/interop/tests_run-interop.pb.$(OBJEXT): $(interop_headers)
tests/peers/interop/%.pb.cc tests/peers/interop/%.pb.h: tests/peers/interop/%.proto
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(PROTOC) -I$(<D) --cpp_out=$(@D) $<
tests/peers/interop/%.evmicro.cc tests/peers/interop/%.evmicro.h: \
    tests/peers/interop/%.proto protoc-gen-evmicro$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(PROTOC) -I$(<D) --evmicro_out=$(@D) \
	  --plugin=protoc-gen-evmicro=./protoc-gen-evmicro$(EXEEXT) $<
if HAVE_GRPC
# gRPC C++ is not instrumented by sanitizers, nor does it compile without warnings.
check_PROGRAMS += tests/peers/interop/grpc_peer
EXTRA_tests_run_DEPENDENCIES += tests/peers/interop/grpc_peer$(EXEEXT)
tests_peers_interop_grpc_peer_SOURCES = tests/peers/interop/grpc_peer.cc
nodist_tests_peers_interop_grpc_peer_SOURCES = \
  tests/peers/interop/interop.grpc.pb.cc tests/peers/interop/interop.pb.cc
tests_peers_interop_grpc_peer_CPPFLAGS = -I$(top_builddir)/tests/peers/interop $(GRPC_CFLAGS)
tests_peers_interop_grpc_peer_CXXFLAGS = -O1
tests_peers_interop_grpc_peer_LDADD = $(GRPC_LIBS) -lgrpc++_reflection -lprotobuf -lpthread
CLEANFILES += tests/peers/interop/interop.grpc.pb.cc tests/peers/interop/interop.grpc.pb.h
tests/peers/interop/grpc_peer-grpc_peer.$(OBJEXT) \
tests/peers/interop/grpc_peer-interop.grpc.pb.$(OBJEXT): \
  tests/peers/interop/interop.pb.h tests/peers/interop/interop.grpc.pb.h
tests/peers/interop/%.grpc.pb.cc tests/peers/interop/%.grpc.pb.h: tests/peers/interop/%.proto
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(PROTOC) -I$(<D) --grpc_out=$(@D) \
	  --plugin=protoc-gen-grpc=$(GRPC_CPP_PLUGIN) $<
endif
endif
EXTRA_DIST += tests/peers/get-grpc-js tests/peers/grpc_peer.js \
  tests/peers/interop/interop.proto tests/peers/interop/grpc_peer.cc

# What the tests build with Go's own tools.
CLEANFILES += tests/peers/peer
clean-local:
	rm -rf tests/peers/go-cache
