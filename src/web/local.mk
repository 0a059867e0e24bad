# HTTP for programs: servers of pages, REST and gateways.
libevmicro_core_la_SOURCES += \
  src/web/access_log.cc \
  src/web/access_log.h \
  src/web/connection.cc \
  src/web/connection.h \
  src/web/cors.cc \
  src/web/cors.h \
  src/web/routes.cc \
  src/web/routes.h \
  src/web/server.cc
