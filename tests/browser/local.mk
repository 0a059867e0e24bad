# Pages in a browser: needs chromium, node and three packages of npm.
tests_run_SOURCES += tests/browser/pages_test.cc
EXTRA_DIST += tests/browser/checks.mjs tests/browser/geo.mjs tests/browser/get-packages tests/browser/pages.mjs tests/browser/programs.mjs tests/browser/sockets.mjs \
  tests/browser/hostile_node.mjs tests/browser/screenshots.mjs
# What the README shows; made again by hand when the pages change.
EXTRA_DIST += tests/browser/screenshots/map.png tests/browser/screenshots/query.png tests/browser/screenshots/service.png
screenshots: evmicro$(EXEEXT)
	node $(srcdir)/tests/browser/screenshots.mjs . $$($(srcdir)/tests/browser/get-packages) $(srcdir)/tests/browser/screenshots
