# The dashboard of the evmicro program: `evmicro web`.
dashboard_pages = \
  src/dashboard/pages/app.js \
  src/dashboard/pages/charts.js \
  src/dashboard/pages/cli.js \
  src/dashboard/pages/data.js \
  src/dashboard/pages/dom.js \
  src/dashboard/pages/home.js \
  src/dashboard/pages/icon.svg \
  src/dashboard/pages/index.html \
  src/dashboard/pages/map.js \
  src/dashboard/pages/message.js \
  src/dashboard/pages/query.js \
  src/dashboard/pages/registry.js \
  src/dashboard/pages/service.js \
  src/dashboard/pages/stats.js \
  src/dashboard/pages/style.css \
  src/dashboard/pages/topics.js
noinst_LTLIBRARIES += libevmicro_dashboard.la
libevmicro_dashboard_la_SOURCES = \
  src/dashboard/assets.h \
  src/dashboard/catalog.cc \
  src/dashboard/catalog.h \
  src/dashboard/dashboard.cc \
  src/dashboard/dashboard.h \
  src/dashboard/event_streams.cc \
  src/dashboard/event_streams.h \
  src/dashboard/history.cc \
  src/dashboard/history.h \
  src/dashboard/node_metrics.cc \
  src/dashboard/node_metrics.h \
  src/dashboard/page_files.cc \
  src/dashboard/page_files.h \
  src/dashboard/registry_pages.cc \
  src/dashboard/registry_pages.h \
  src/dashboard/scraper.cc \
  src/dashboard/scraper.h \
  src/dashboard/topics.cc \
  src/dashboard/topics.h \
  src/dashboard/views.cc \
  src/dashboard/views.h
nodist_libevmicro_dashboard_la_SOURCES = src/dashboard/assets.cc
libevmicro_dashboard_la_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
EXTRA_DIST += src/dashboard/embed $(dashboard_pages)
CLEANFILES += src/dashboard/assets.cc
src/dashboard/assets.cc: src/dashboard/embed $(dashboard_pages)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && for page in $(dashboard_pages); do echo $(srcdir)/$$page; done | \
	  $(srcdir)/src/dashboard/embed dashboard/assets.h evmicro::dashboard >$@.new && mv $@.new $@
