# examples/hailo_srv: taxis near a place.
noinst_PROGRAMS += examples/hailo_srv examples/hailo_client
hailo_srv_CPPFLAGS = -I$(top_builddir)/examples/services/hailo-srv
hailo_srv_headers = examples/services/hailo-srv/hailo.pb.h examples/services/hailo-srv/hailo.evmicro.h
hailo_srv_generated = examples/services/hailo-srv/hailo.pb.cc examples/services/hailo-srv/hailo.evmicro.cc
CLEANFILES += $(hailo_srv_headers) $(hailo_srv_generated)
EXTRA_DIST += examples/services/hailo-srv/README.md examples/services/hailo-srv/hailo.proto
examples_hailo_srv_CPPFLAGS = $(examples_CPPFLAGS) $(web_api_CPPFLAGS) $(hailo_srv_CPPFLAGS)
examples_hailo_srv_LDADD = $(examples_LDADD) $(JANSSON_LIBS)
examples_hailo_srv_SOURCES = examples/services/hailo-srv/hailo_srv.cc $(web_api)
nodist_examples_hailo_srv_SOURCES = $(hailo_srv_generated)
examples_hailo_client_CPPFLAGS = $(examples_CPPFLAGS) $(hailo_srv_CPPFLAGS)
examples_hailo_client_LDADD = $(examples_LDADD)
examples_hailo_client_SOURCES = examples/services/hailo-srv/hailo_client.cc examples/services/say.h
nodist_examples_hailo_client_SOURCES = $(hailo_srv_generated)
$(examples_hailo_srv_OBJECTS) $(examples_hailo_client_OBJECTS): $(hailo_srv_headers)
