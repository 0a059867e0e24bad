# examples/twitter_srv: tweets, signed by OAuth 1.0a.
EXTRA_DIST += examples/services/twitter-srv/README.md examples/services/twitter-srv/twitter.proto
if WITH_TLS
noinst_PROGRAMS += examples/twitter_srv examples/twitter_client
twitter_CPPFLAGS = -I$(top_builddir)/examples/services/twitter-srv
twitter_headers = examples/services/twitter-srv/twitter.pb.h examples/services/twitter-srv/twitter.evmicro.h
twitter_generated = examples/services/twitter-srv/twitter.pb.cc examples/services/twitter-srv/twitter.evmicro.cc
CLEANFILES += $(twitter_headers) $(twitter_generated)
twitter_oauth = examples/services/twitter-srv/oauth.cc examples/services/twitter-srv/oauth.h
examples_twitter_srv_CPPFLAGS = $(examples_CPPFLAGS) $(web_api_CPPFLAGS) $(twitter_CPPFLAGS) $(OPENSSL_CFLAGS)
examples_twitter_srv_LDADD = $(examples_LDADD) $(JANSSON_LIBS) $(OPENSSL_LIBS)
examples_twitter_srv_SOURCES = examples/services/twitter-srv/twitter_srv.cc $(twitter_oauth) $(web_api)
nodist_examples_twitter_srv_SOURCES = $(twitter_generated)
examples_twitter_client_CPPFLAGS = $(examples_CPPFLAGS) $(twitter_CPPFLAGS)
examples_twitter_client_LDADD = $(examples_LDADD)
examples_twitter_client_SOURCES = examples/services/twitter-srv/twitter_client.cc examples/services/say.h
nodist_examples_twitter_client_SOURCES = $(twitter_generated)
$(examples_twitter_srv_OBJECTS) $(examples_twitter_client_OBJECTS): $(twitter_headers)
endif
