# What `./dev mutate` asks a build folder: how an object of tests/run is compiled, and how it is linked.
mutation-commands:
	$(info compile: $(CXX) $(DEFS) $(DEFAULT_INCLUDES) $(tests_run_CPPFLAGS) $(CPPFLAGS) \
	  $(tests_run_CXXFLAGS) $(CXXFLAGS))
	@$(LIBTOOL) --dry-run --tag=CXX --mode=link $(CXX) $(tests_run_CXXFLAGS) $(CXXFLAGS) \
	  $(AM_LDFLAGS) $(LDFLAGS) -o tests/mutant $(tests_run_OBJECTS) $(tests_run_LDADD) $(LIBS)

EXTRA_DIST += tests/mutation/mutate
