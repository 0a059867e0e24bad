if WITH_GRPC
tests_run_SOURCES += \
  tests/http2/call_protocol_test.cc \
  tests/http2/connection_limits_test.cc \
  tests/http2/echo_fixture.h \
  tests/http2/frame_server.cc \
  tests/http2/frame_server.h \
  tests/http2/frames.h \
  tests/http2/grpc_client_test.cc \
  tests/http2/grpc_message_test.cc \
  tests/http2/grpc_services_test.cc \
  tests/http2/grpc_transport.cc \
  tests/http2/grpc_transport.h \
  tests/http2/grpc_transport_test.cc \
  tests/http2/h2_conformance_test.cc \
  tests/http2/hostile_frames_test.cc \
  tests/http2/hostile_streams_test.cc \
  tests/http2/http2_times_test.cc \
  tests/http2/odd_peers_test.cc \
  tests/http2/reply_checks_test.cc \
  tests/http2/reply_limits_test.cc \
  tests/http2/reply_metadata_test.cc \
  tests/http2/request_checks_test.cc \
  tests/peers/grpc_python_test.cc
if WITH_TLS
tests_run_SOURCES += tests/peers/grpc_tls_test.cc
endif
endif
EXTRA_DIST += tests/peers/grpc_peer.py
