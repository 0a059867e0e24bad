core_sources += \
  src/net/accept_pacer.cc \
  src/net/accept_pacer.h \
  src/net/acceptor.cc \
  src/net/acceptor.h \
  src/net/byte_stream.h \
  src/net/dead_peers.cc \
  src/net/dead_peers.h \
  src/net/descriptor.h \
  src/net/dial_address.cc \
  src/net/dial_address.h \
  src/net/dialler.cc \
  src/net/dialler.h \
  src/net/host_port.cc \
  src/net/host_port.h \
  src/net/http_address.cc \
  src/net/http_address.h \
  src/net/inherited_socket.cc \
  src/net/inherited_socket.h \
  src/net/listen_address.cc \
  src/net/listen_address.h \
  src/net/message_arrivals.h \
  src/net/one_message.h \
  src/net/peer_limit.cc \
  src/net/peer_limit.h \
  src/net/read_rate.cc \
  src/net/read_rate.h \
  src/net/refused_unread.h \
  src/net/resolver.cc \
  src/net/resolver.h \
  src/net/socket_address.cc \
  src/net/socket_address.h \
  src/net/socket_backlog.cc \
  src/net/socket_backlog.h \
  src/net/socket_file.cc \
  src/net/socket_file.h \
  src/net/socket_life.cc \
  src/net/socket_life.h \
  src/net/stop_times.h \
  src/net/tcp_stream.cc \
  src/net/tcp_stream.h \
  src/net/tls.h \
  src/net/trailers.h \
  src/net/unix_address.cc \
  src/net/unix_address.h


if WITH_TLS
core_sources += \
  src/net/tls_bio.cc \
  src/net/tls_bio.h \
  src/net/tls_client.cc \
  src/net/tls_context.cc \
  src/net/tls_context.h \
  src/net/tls_handles.h \
  src/net/tls_reason.cc \
  src/net/tls_reason.h \
  src/net/tls_server.cc \
  src/net/tls_sessions.cc \
  src/net/tls_sessions.h \
  src/net/tls_side.cc \
  src/net/tls_side.h \
  src/net/tls_stream.cc \
  src/net/tls_stream.h
else
core_sources += src/net/without_tls.cc
endif
