core_sources += \
  src/metrics/buckets.h \
  src/metrics/loop_lag.h \
  src/metrics/process_usage.cc \
  src/metrics/process_usage.h \
  src/metrics/prometheus_text.cc \
  src/metrics/prometheus_text.h
