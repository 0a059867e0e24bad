core_sources += \
  src/base/ascii.h \
  src/base/backoff.cc \
  src/base/backoff.h \
  src/base/block_pool.cc \
  src/base/block_pool.h \
  src/base/buffer.cc \
  src/base/context.cc \
  src/base/counted.h \
  src/base/digits.h \
  src/base/duration.cc \
  src/base/duration.h \
  src/base/hidden.h \
  src/base/log.cc \
  src/base/log.h \
  src/base/log_limiter.h \
  src/base/metadata.cc \
  src/base/module.cc \
  src/base/module.h \
  src/base/printable.cc \
  src/base/printable.h \
  src/base/rate_limiter.h \
  src/base/sha1.cc \
  src/base/sha1.h \
  src/base/status.cc \
  src/base/utf8.cc \
  src/base/utf8.h \
  src/base/uuid.cc \
  src/base/uuid.h \
  src/base/version.cc

# A file of its own: on the command line a path of this machine would spoil the caches of compilers.
nodist_libevmicro_core_la_SOURCES += src/base/module_folder.h
BUILT_SOURCES += src/base/module_folder.h
CLEANFILES += src/base/module_folder.h
src/base/module_folder.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && echo '#define EVMICRO_MODULE_FOLDER "$(modulesdir)"' >$@.new && \
	  echo '#define EVMICRO_MODULE_SUBFOLDER "$(PACKAGE)/$(interface)"' >>$@.new && mv $@.new $@
