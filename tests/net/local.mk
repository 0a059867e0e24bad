tests_run_SOURCES += \
  tests/net/accept_pacer_test.cc \
  tests/net/acceptor_test.cc \
  tests/net/dialler_test.cc \
  tests/net/host_port_test.cc \
  tests/net/inherited_socket_test.cc \
  tests/net/listen_address_test.cc \
  tests/net/noted.h \
  tests/net/peer_limit_test.cc \
  tests/net/read_rate_test.cc \
  tests/net/resolver_test.cc \
  tests/net/socket_file_test.cc \
  tests/net/socket_life_test.cc \
  tests/net/starved_listener.h \
  tests/net/tcp_stream_test.cc \
  tests/net/unix_address_test.cc
if WITH_TLS
tests_run_SOURCES += \
  tests/broker/tls_broker_test.cc \
  tests/integration/tls_programs_test.cc \
  tests/integration/tls_reload_test.cc \
  tests/net/tls_context_test.cc \
  tests/net/tls_fixture.h \
  tests/net/tls_server_test.cc \
  tests/net/tls_sessions_test.cc \
  tests/net/tls_stream_test.cc \
  tests/peers/tls_test.cc \
  tests/support/certificates.cc \
  tests/support/certificates.h \
  tests/service/tls_fork_test.cc \
  tests/service/tls_service_test.cc \
  tests/transport/tls_limits_test.cc \
  tests/transport/tls_transport_test.cc \
  tests/transport/tls_truncation_test.cc \
  tests/web/tls_web_server_test.cc
endif
