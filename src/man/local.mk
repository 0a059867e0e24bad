# What the pages say of commands and flags comes from the program's own tables.
man1_MANS = src/man/evmicro.1 src/man/protoc-gen-evmicro.1
EXTRA_DIST += src/man/evmicro.1.in src/man/protoc-gen-evmicro.1.in
CLEANFILES += $(man1_MANS)
src/man/%.1: src/man/%.1.in evmicro-pages$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./evmicro-pages$(EXEEXT) <$< >$@.new && \
	  sed 's/@RELEASE_DATE@/$(RELEASE_DATE)/; s/@PACKAGE_VERSION@/$(PACKAGE_VERSION)/' $@.new >$@ && \
	  rm $@.new
