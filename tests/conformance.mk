# The suites that every registry, transport, broker, selector and codec must pass, for those of others,
# too: a library that is linked into their tests. It uses what they have, the public headers.
conformancedir = $(includedir)/evmicro/conformance
conformance_HEADERS = \
  include/evmicro/conformance/address_contract.h \
  include/evmicro/conformance/broker_contract.h \
  include/evmicro/conformance/codec_contract.h \
  include/evmicro/conformance/conversation_contract.h \
  include/evmicro/conformance/ending_contract.h \
  include/evmicro/conformance/registry_contract.h \
  include/evmicro/conformance/selector_contract.h \
  include/evmicro/conformance/skip.h \
  include/evmicro/conformance/transport_fixture.h \
  include/evmicro/conformance/unary_contract.h
lib_LTLIBRARIES += libevmicro-conformance.la
$(libevmicro_conformance_la_OBJECTS): $(program_gch)
libevmicro_conformance_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CPPUNIT_CFLAGS)
libevmicro_conformance_la_LDFLAGS = $(AM_LDFLAGS) -static
libevmicro_conformance_la_CXXFLAGS = $(AM_CXXFLAGS) $(program_precompiled)
libevmicro_conformance_la_SOURCES = \
  tests/broker/broker_contract.cc \
  tests/codec/codec_contract.cc \
  tests/registry/follow_contract.cc \
  tests/registry/registry_contract.cc \
  tests/selector/selector_contract.cc \
  tests/support/skip.cc \
  tests/support/starved_descriptors.h \
  tests/support/temporary_folder.h \
  tests/support/turn_until.cc \
  tests/transport/address_contract.cc \
  tests/transport/conversation_contract.cc \
  tests/transport/ending_contract.cc \
  tests/transport/transport_fixture.cc \
  tests/transport/unary_contract.cc
pkgconfig_DATA += evmicro-conformance.pc
