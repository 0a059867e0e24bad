# examples/geo_web: a map on which things are seen to move.
geo_web_pages = \
  examples/services/geo-web/pages/geo.js \
  examples/services/geo-web/pages/icon.svg \
  examples/services/geo-web/pages/index.html \
  examples/services/geo-web/pages/map.js \
  examples/services/geo-web/pages/style.css
noinst_PROGRAMS += examples/geo_web
EXTRA_DIST += examples/services/geo-web/README.md $(geo_web_pages)
examples_geo_web_CPPFLAGS = $(examples_CPPFLAGS) $(geo_CPPFLAGS) -I$(srcdir)/examples/services/geo-web $(JANSSON_CFLAGS)
examples_geo_web_LDADD = $(examples_LDADD) $(JANSSON_LIBS)
examples_geo_web_SOURCES = \
  examples/services/geo-web/geo_web.cc \
  examples/services/geo-web/pages.h \
  $(geo_watchers) $(geo_index)
geo_watchers = \
  examples/services/geo-api/geo_json.cc \
  examples/services/geo-api/geo_json.h \
  examples/services/geo-web/runners.cc \
  examples/services/geo-web/runners.h \
  examples/services/geo-web/watchers.cc \
  examples/services/geo-web/watchers.h
nodist_examples_geo_web_SOURCES = $(geo_generated) examples/services/geo-web/pages.cc
CLEANFILES += examples/services/geo-web/pages.cc
examples/services/geo-web/pages.cc: src/dashboard/embed $(geo_web_pages)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && for page in $(geo_web_pages); do echo $(srcdir)/$$page; done | \
	  $(srcdir)/src/dashboard/embed pages.h geo >$@.new && mv $@.new $@
$(examples_geo_web_OBJECTS): $(geo_headers)
