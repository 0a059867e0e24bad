core_sources += \
  src/service/defaults.cc \
  src/service/descriptor_limit.cc \
  src/service/descriptor_limit.h \
  src/service/defaults.h \
  src/service/flags.cc \
  src/service/flags.h \
  src/service/log4cplus_functions.h \
  src/service/logging.cc \
  src/service/logging.h \
  src/service/protobuf_log.cc \
  src/service/protobuf_log.h \
  src/service/service.cc \
  src/service/service_flags.cc \
  src/service/service_metrics.cc \
  src/service/service_metrics.h \
  src/service/service_options.cc \
  src/service/suggestion.cc \
  src/service/suggestion.h \
  src/service/web_service.cc

# Loaded when a service configures its logging, or linked into programs that always log.
modules_LTLIBRARIES += evmicro-log4cplus.la
evmicro_log4cplus_la_SOURCES = src/service/log4cplus_module.cc
evmicro_log4cplus_la_CXXFLAGS = $(module_CXXFLAGS)
evmicro_log4cplus_la_LDFLAGS = $(module_LDFLAGS)
evmicro_log4cplus_la_LIBADD = $(LOG4CPLUS_LIBS)
libevmicro_modules_la_SOURCES += src/service/log4cplus_module.cc
