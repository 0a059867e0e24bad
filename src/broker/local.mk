libevmicro_core_la_SOURCES += \
  src/broker/http_broker.cc \
  src/broker/inbox.cc \
  src/broker/inbox.h \
  src/broker/memory_broker.cc \
  src/broker/message_json.cc \
  src/broker/message_json.h \
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
libevmicro_core_la_SOURCES += \
  src/broker/nats_broker.cc \
  src/broker/nats_link.cc \
  src/broker/nats_link.h \
  src/broker/nats_names.cc \
  src/broker/nats_names.h \
  src/broker/nats_servers.cc \
  src/broker/nats_servers.h \
  src/broker/nats_worker.cc \
  src/broker/nats_worker.h
else
libevmicro_core_la_SOURCES += src/broker/without_nats.cc
endif
