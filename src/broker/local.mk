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
  src/broker/subscription_token.h
