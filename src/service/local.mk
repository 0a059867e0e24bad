# defaults.cc, service.cc and service_flags.cc join with the registry and transport they name.
libevmicro_core_la_SOURCES += \
  src/service/flags.cc \
  src/service/flags.h \
  src/service/logging.cc \
  src/service/logging.h
