libevmicro_core_la_SOURCES += \
  src/selector/filters.cc \
  src/selector/random_selector.cc
