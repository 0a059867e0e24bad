# examples/geo_srv: where things are, and which are nearest; examples/geo_client asks it.
noinst_PROGRAMS += examples/geo_srv examples/geo_client
geo_CPPFLAGS = -I$(top_builddir)/examples/services/geo-srv -I$(srcdir)/examples/services/geo-srv
geo_headers = examples/services/geo-srv/common.pb.h examples/services/geo-srv/location.pb.h \
  examples/services/geo-srv/location.evmicro.h
geo_generated = examples/services/geo-srv/common.pb.cc examples/services/geo-srv/location.pb.cc \
  examples/services/geo-srv/location.evmicro.cc
CLEANFILES += $(geo_headers) $(geo_generated)
EXTRA_DIST += examples/services/geo-srv/README.md examples/services/geo-srv/common.proto \
  examples/services/geo-srv/location.proto

examples_geo_srv_CPPFLAGS = $(examples_CPPFLAGS) $(geo_CPPFLAGS)
examples_geo_srv_LDADD = $(examples_LDADD)
examples_geo_srv_SOURCES = \
  examples/services/geo-srv/geo_srv.cc \
  examples/services/geo-srv/location.cc \
  examples/services/geo-srv/location.h \
  examples/services/geo-srv/newcomer.cc \
  examples/services/geo-srv/newcomer.h \
  examples/services/geo-srv/places.cc \
  examples/services/geo-srv/places.h \
  $(geo_index)
nodist_examples_geo_srv_SOURCES = $(geo_generated)
geo_index = \
  examples/services/geo-srv/point_index.cc \
  examples/services/geo-srv/point_index.h

examples_geo_client_CPPFLAGS = $(examples_CPPFLAGS) $(geo_CPPFLAGS)
examples_geo_client_LDADD = $(examples_LDADD)
examples_geo_client_SOURCES = examples/services/geo-srv/geo_client.cc
nodist_examples_geo_client_SOURCES = $(geo_generated)

# The compiler finds the dependencies only after the headers exist.
$(examples_geo_srv_OBJECTS) $(examples_geo_client_OBJECTS): $(geo_headers)
