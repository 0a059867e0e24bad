# What other projects find the library by, besides evmicro.pc.
EXTRA_DIST += src/package/libevmicro.map src/package/libevmicro.symbols

# evmicro.mk: rules for make.
pkgdata_DATA = src/package/evmicro.mk
EXTRA_DIST += src/package/evmicro.mk

# find_package(evmicro).
cmakedir = $(libdir)/cmake/evmicro
cmake_DATA = src/package/evmicroConfig.cmake src/package/evmicroConfigVersion.cmake
EXTRA_DIST += src/package/evmicroConfig.cmake.in src/package/evmicroConfigVersion.cmake.in
CLEANFILES += $(cmake_DATA)
src/package/%.cmake: src/package/%.cmake.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && libs='$(MODULE_LIBS) $(PRIVATE_LIBS)' && \
	  modules='$(LINKED_MODULES)' && \
	  sed -e 's|@cmakedir[@]|$(cmakedir)|; s|@includedir[@]|$(includedir)|; s|@libdir[@]|$(libdir)|' \
	    -e 's|@bindir[@]|$(bindir)|; s|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|' \
	    -e 's|@VERSION_MAJOR[@]|$(VERSION_MAJOR)|g; s|@VERSION_MINOR[@]|$(VERSION_MINOR)|g' \
	    -e "s|@linked_modules[@]|$$(echo "$$modules" | tr ' ' ';')|" \
	    -e "s|@private_libs[@]|$$(echo "$$libs" | tr ' ' ';')|" $< >$@

# The binary interface: what the shared library exports, compared with the list that is kept. Optional
# parts, the compiler and sanitizers make no difference.
check-symbols: libevmicro.la
	$(srcdir)/src/package/symbols --check .libs/libevmicro.so $(srcdir)/src/package/libevmicro.symbols
update-symbols: libevmicro.la
	$(srcdir)/src/package/symbols --update .libs/libevmicro.so $(srcdir)/src/package/libevmicro.symbols
EXTRA_DIST += src/package/symbols
