# examples/slack_srv: Slack's API as calls.
noinst_PROGRAMS += examples/slack_srv examples/slack_client
slack_CPPFLAGS = -I$(top_builddir)/examples/services/slack-srv
slack_headers = examples/services/slack-srv/slack.pb.h examples/services/slack-srv/types.pb.h
slack_generated = examples/services/slack-srv/slack.pb.cc examples/services/slack-srv/types.pb.cc
CLEANFILES += $(slack_headers) $(slack_generated)
EXTRA_DIST += examples/services/slack-srv/README.md examples/services/slack-srv/slack.proto \
  examples/services/slack-srv/types.proto
examples_slack_srv_CPPFLAGS = $(examples_CPPFLAGS) $(web_api_CPPFLAGS) $(slack_CPPFLAGS)
examples_slack_srv_LDADD = $(examples_LDADD) $(JANSSON_LIBS)
examples_slack_srv_SOURCES = \
  examples/services/slack-srv/conversations.cc \
  examples/services/slack-srv/conversations.h \
  examples/services/slack-srv/slack_srv.cc \
  $(web_api)
nodist_examples_slack_srv_SOURCES = $(slack_generated)
examples_slack_client_CPPFLAGS = $(examples_CPPFLAGS) $(slack_CPPFLAGS)
examples_slack_client_LDADD = $(examples_LDADD)
examples_slack_client_SOURCES = examples/services/slack-srv/slack_client.cc examples/services/say.h
nodist_examples_slack_client_SOURCES = $(slack_generated)
$(examples_slack_srv_OBJECTS) $(examples_slack_client_OBJECTS): $(slack_headers)
