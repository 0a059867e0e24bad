# examples/geo_api: /geo/location/... behind `evmicro api`; examples/geo_api_client asks it.
noinst_PROGRAMS += examples/geo_api examples/geo_api_client
EXTRA_DIST += examples/services/geo-api/README.md
examples_geo_api_CPPFLAGS = $(examples_CPPFLAGS) $(greeter_CPPFLAGS) $(geo_CPPFLAGS) $(JANSSON_CFLAGS)
examples_geo_api_LDADD = $(examples_LDADD) $(JANSSON_LIBS)
examples_geo_api_SOURCES = \
  examples/services/geo-api/geo_api.cc \
  examples/services/geo-api/geo_json.cc \
  examples/services/geo-api/geo_json.h
nodist_examples_geo_api_SOURCES = $(geo_generated) examples/greeting/go_api.pb.cc
examples_geo_api_client_CPPFLAGS = $(examples_CPPFLAGS)
examples_geo_api_client_LDADD = $(examples_LDADD)
examples_geo_api_client_SOURCES = examples/services/geo-api/geo_api_client.cc
$(examples_geo_api_OBJECTS): $(geo_headers) examples/greeting/go_api.pb.h
