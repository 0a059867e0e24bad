# examples/place_srv: places, found by their words in SQLite or Elasticsearch, and by Google.
EXTRA_DIST += examples/services/place-srv/README.md examples/services/place-srv/place.proto
place_query = examples/services/place-srv/query.cc examples/services/place-srv/query.h
if HAVE_SERVICES_SQL
noinst_PROGRAMS += examples/place_srv examples/place_client
place_CPPFLAGS = -I$(top_builddir)/examples/services/place-srv
place_headers = examples/services/place-srv/place.pb.h examples/services/place-srv/place.evmicro.h
place_generated = examples/services/place-srv/place.pb.cc examples/services/place-srv/place.evmicro.cc
CLEANFILES += $(place_headers) $(place_generated)
examples_place_srv_CPPFLAGS = $(examples_CPPFLAGS) $(place_CPPFLAGS) $(web_api_CPPFLAGS) $(services_sql_CPPFLAGS)
examples_place_srv_LDADD = $(examples_LDADD) $(JANSSON_LIBS) $(services_sql_LIBS)
examples_place_srv_SOURCES = \
  examples/services/place-srv/elastic_places.cc \
  examples/services/place-srv/elastic_places.h \
  examples/services/place-srv/place_srv.cc \
  examples/services/place-srv/places.cc \
  examples/services/place-srv/places.h \
  examples/services/place-srv/sql_places.cc \
  examples/services/place-srv/sql_places.h \
  $(place_query) $(services_sql) $(web_api)
nodist_examples_place_srv_SOURCES = $(place_generated)
examples_place_client_CPPFLAGS = $(examples_CPPFLAGS) $(place_CPPFLAGS)
examples_place_client_LDADD = $(examples_LDADD)
examples_place_client_SOURCES = examples/services/place-srv/place_client.cc examples/services/say.h
nodist_examples_place_client_SOURCES = $(place_generated)
$(examples_place_srv_OBJECTS) $(examples_place_client_OBJECTS): $(place_headers)
endif
