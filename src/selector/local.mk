core_sources += \
  src/selector/blacklist_selector.cc \
  src/selector/candidates.h \
  src/selector/filters.cc \
  src/selector/least_conn_selector.cc \
  src/selector/load_table.cc \
  src/selector/load_table.h \
  src/selector/random_selector.cc \
  src/selector/round_robin_selector.cc \
  src/selector/view_selector.cc \
  src/selector/view_selector.h
