# The manual: pages and reference by Doxygen, which fails at anything public without a comment. Its code
# comes from the examples, which the tests compile and run.
manual_pages = \
  src/manual/addresses.md \
  src/manual/calls.md \
  src/manual/command-line.md \
  src/manual/configuration.md \
  src/manual/contributing.md \
  src/manual/coroutines.md \
  src/manual/discovery.md \
  src/manual/embedding.md \
  src/manual/errors.md \
  src/manual/gateways.md \
  src/manual/go-micro.md \
  src/manual/grpc.md \
  src/manual/index.md \
  src/manual/json.md \
  src/manual/migration.md \
  src/manual/observability.md \
  src/manual/overload.md \
  src/manual/parts.md \
  src/manual/performance.md \
  src/manual/stability.md \
  src/manual/streams.md \
  src/manual/threads.md \
  src/manual/tls.md \
  src/manual/topics.md \
  src/manual/tutorial.md
EXTRA_DIST += $(manual_pages) src/manual/Doxyfile src/manual/check src/manual/filter \
  src/manual/overview.svg tests/manual/snippets.cc

# Doxygen names files relative to where it runs.
docs: $(BUILT_SOURCES)
	$(srcdir)/src/manual/check $(srcdir)
	cd $(srcdir) && MANUAL_BUILD=$(abs_top_builddir) MANUAL_OUTPUT=$(abs_top_builddir)/manual \
	  MANUAL_VERSION_HEADER=$(abs_top_builddir)/include/evmicro/version.h \
	  PACKAGE_VERSION=$(PACKAGE_VERSION) doxygen src/manual/Doxyfile
	@echo "the manual is in manual/html/index.html"
