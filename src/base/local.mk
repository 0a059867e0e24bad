libevmicro_core_la_SOURCES += \
  src/base/backoff.cc \
  src/base/backoff.h \
  src/base/buffer.cc \
  src/base/context.cc \
  src/base/duration.cc \
  src/base/duration.h \
  src/base/hidden.h \
  src/base/log.cc \
  src/base/log.h \
  src/base/log_limiter.h \
  src/base/metadata.cc \
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
