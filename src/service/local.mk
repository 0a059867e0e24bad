libevmicro_core_la_SOURCES += \
  src/service/defaults.cc \
  src/service/defaults.h \
  src/service/flags.cc \
  src/service/flags.h \
  src/service/logging.cc \
  src/service/logging.h \
  src/service/service.cc \
  src/service/service_flags.cc \
  src/service/service_metrics.cc \
  src/service/service_metrics.h \
  src/service/suggestion.cc \
  src/service/suggestion.h
