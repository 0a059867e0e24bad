core_sources += \
  src/discovery/lost_nodes.cc \
  src/discovery/lost_nodes.h \
  src/discovery/registry_watch.cc \
  src/discovery/service_view.cc
