libevmicro_core_la_SOURCES += \
  src/service/defaults.cc \
  src/service/descriptor_limit.cc \
  src/service/descriptor_limit.h \
  src/service/defaults.h \
  src/service/flags.cc \
  src/service/flags.h \
  src/service/log4cplus_binding.h \
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

# The only part that refers to log4cplus: loaded when a service configures its logging, or linked into
# programs that always log.
pkglib_LTLIBRARIES += evmicro-log4cplus.la
log4cplus_binding = src/service/log4cplus_binding.cc
evmicro_log4cplus_la_SOURCES = $(log4cplus_binding)
evmicro_log4cplus_la_CXXFLAGS = $(AM_CXXFLAGS) $(hidden_symbols)
evmicro_log4cplus_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared
evmicro_log4cplus_la_LIBADD = $(LOG4CPLUS_LIBS)

# A file of its own: on the command line a path of this machine would spoil the caches of compilers.
nodist_libevmicro_core_la_SOURCES += src/service/module_folder.h
BUILT_SOURCES += src/service/module_folder.h
CLEANFILES += src/service/module_folder.h
src/service/module_folder.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && echo '#define EVMICRO_MODULE_FOLDER "$(pkglibdir)"' >$@
