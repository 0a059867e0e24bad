tests_run_SOURCES += \
  tests/net/accept_pacer_test.cc \
  tests/net/acceptor_test.cc \
  tests/net/dialler_test.cc \
  tests/net/host_port_test.cc \
  tests/net/listen_address_test.cc \
  tests/net/resolver_test.cc \
  tests/net/socket_life_test.cc \
  tests/net/tcp_stream_test.cc
