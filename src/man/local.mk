# What the pages of the programs say of commands and flags comes from the program's own tables.
if RUN_TOOLS
man1_MANS = src/man/evmicro.1 src/man/protoc-gen-evmicro.1
endif
EXTRA_DIST += src/man/evmicro.1.in src/man/protoc-gen-evmicro.1.in
CLEANFILES += src/man/evmicro.1 src/man/protoc-gen-evmicro.1
in_release = sed 's/@RELEASE_DATE[@]/$(RELEASE_DATE)/; s/@PACKAGE_VERSION[@]/$(PACKAGE_VERSION)/'
src/man/%.1: src/man/%.1.in evmicro-pages$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./evmicro-pages$(EXEEXT) <$< >$@.new && \
	  $(in_release) $@.new >$@ && rm $@.new

# The library, the configuration of services, and where to begin.
man3_MANS = src/man/evmicro.3
man5_MANS = src/man/evmicro.5
man7_MANS = src/man/evmicro.7
EXTRA_DIST += src/man/evmicro.3.in src/man/evmicro.5.in src/man/evmicro.7.in
CLEANFILES += $(man3_MANS) $(man5_MANS) $(man7_MANS)
src/man/%.3: src/man/%.3.in
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(in_release) $< >$@
src/man/%.5: src/man/%.5.in
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(in_release) $< >$@
src/man/%.7: src/man/%.7.in
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(in_release) $< >$@
