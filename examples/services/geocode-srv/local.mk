# examples/geocode_srv: addresses and coordinates, by Google's geocoding API.
noinst_PROGRAMS += examples/geocode_srv examples/geocode_client
geocode_srv_CPPFLAGS = -I$(top_builddir)/examples/services/geocode-srv
geocode_srv_headers = examples/services/geocode-srv/point.pb.h examples/services/geocode-srv/reverse_request.pb.h examples/services/geocode-srv/google.pb.h examples/services/geocode-srv/google.evmicro.h
geocode_srv_generated = examples/services/geocode-srv/point.pb.cc examples/services/geocode-srv/reverse_request.pb.cc examples/services/geocode-srv/google.pb.cc examples/services/geocode-srv/google.evmicro.cc
CLEANFILES += $(geocode_srv_headers) $(geocode_srv_generated)
EXTRA_DIST += examples/services/geocode-srv/README.md examples/services/geocode-srv/google.proto examples/services/geocode-srv/point.proto examples/services/geocode-srv/reverse_request.proto
examples_geocode_srv_CPPFLAGS = $(examples_CPPFLAGS) $(web_api_CPPFLAGS) $(geocode_srv_CPPFLAGS)
examples_geocode_srv_LDADD = $(examples_LDADD) $(JANSSON_LIBS)
examples_geocode_srv_SOURCES = examples/services/geocode-srv/geocode_srv.cc $(web_api)
nodist_examples_geocode_srv_SOURCES = $(geocode_srv_generated)
examples_geocode_client_CPPFLAGS = $(examples_CPPFLAGS) $(geocode_srv_CPPFLAGS)
examples_geocode_client_LDADD = $(examples_LDADD)
examples_geocode_client_SOURCES = examples/services/geocode-srv/geocode_client.cc examples/services/say.h
nodist_examples_geocode_client_SOURCES = $(geocode_srv_generated)
$(examples_geocode_srv_OBJECTS) $(examples_geocode_client_OBJECTS): $(geocode_srv_headers)
