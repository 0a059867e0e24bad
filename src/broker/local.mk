core_sources += \
  src/broker/http_broker.cc \
  src/broker/inbox.cc \
  src/broker/inbox.h \
  src/broker/memory_broker.cc \
  src/broker/message_json.cc \
  src/broker/message_json.h \
  src/broker/nats_library.h \
  src/broker/node_link.cc \
  src/broker/node_link.h \
  src/broker/outbox.cc \
  src/broker/outbox.h \
  src/broker/publication.h \
  src/broker/publish_result.cc \
  src/broker/shared_broker.cc \
  src/broker/shared_broker.h \
  src/broker/subscription_token.h
if WITH_NATS
core_sources += \
  src/broker/nats_broker.cc \
  src/broker/nats_functions.h \
  src/broker/nats_library.cc \
  src/broker/nats_link.cc \
  src/broker/nats_link.h \
  src/broker/nats_names.cc \
  src/broker/nats_names.h \
  src/broker/nats_servers.cc \
  src/broker/nats_servers.h \
  src/broker/nats_worker.cc \
  src/broker/nats_worker.h

# Loaded with the first NATS broker.
modules_LTLIBRARIES += evmicro-nats.la
EXTRA_libevmicro_la_DEPENDENCIES += evmicro-nats.la
evmicro_nats_la_SOURCES = src/broker/nats_module.cc
evmicro_nats_la_CXXFLAGS = $(module_CXXFLAGS)
evmicro_nats_la_LDFLAGS = $(module_LDFLAGS)
evmicro_nats_la_LIBADD = $(NATS_LIBS)
libevmicro_modules_la_SOURCES += src/broker/nats_module.cc
else
core_sources += src/broker/without_nats.cc
endif
