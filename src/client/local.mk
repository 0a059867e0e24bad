core_sources += \
  src/client/client.cc \
  src/client/client_call.cc \
  src/client/client_call.h \
  src/client/client_facade.cc \
  src/client/client_shared.h \
  src/client/client_stream.cc \
  src/client/client_stream.h \
  src/client/headers.cc \
  src/client/headers.h \
  src/client/hedge.cc \
  src/client/hedge.h
