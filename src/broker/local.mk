libevmicro_core_la_SOURCES += \
  src/broker/memory_broker.cc \
  src/broker/message_json.cc \
  src/broker/message_json.h \
  src/broker/publish_result.cc
