# examples/user_srv: accounts, passwords, sessions, in SQLite or PostgreSQL; examples/user_client.
EXTRA_DIST += examples/services/user-srv/README.md examples/services/user-srv/account.proto
user_lower_case = examples/services/user-srv/lower_case.cc examples/services/user-srv/lower_case.h
if HAVE_USER_SRV
noinst_PROGRAMS += examples/user_srv examples/user_client
user_CPPFLAGS = -I$(top_builddir)/examples/services/user-srv -I$(srcdir)/examples/services/user-srv
user_headers = examples/services/user-srv/account.pb.h examples/services/user-srv/account.evmicro.h
user_generated = examples/services/user-srv/account.pb.cc examples/services/user-srv/account.evmicro.cc
CLEANFILES += $(user_headers) $(user_generated)

examples_user_srv_CPPFLAGS = $(examples_CPPFLAGS) $(user_CPPFLAGS) $(services_sql_CPPFLAGS) $(PASSWORDS_CFLAGS)
examples_user_srv_LDADD = $(examples_LDADD) $(services_sql_LIBS) $(PASSWORDS_LIBS)
examples_user_srv_SOURCES = \
  examples/services/user-srv/accounts.cc \
  examples/services/user-srv/accounts.h \
  $(user_lower_case) \
  examples/services/user-srv/passwords.cc \
  examples/services/user-srv/passwords.h \
  examples/services/user-srv/store.cc \
  examples/services/user-srv/store.h \
  examples/services/user-srv/user_srv.cc \
  $(services_sql)
nodist_examples_user_srv_SOURCES = $(user_generated)

examples_user_client_CPPFLAGS = $(examples_CPPFLAGS) $(user_CPPFLAGS)
examples_user_client_LDADD = $(examples_LDADD)
examples_user_client_SOURCES = examples/services/user-srv/user_client.cc examples/services/say.h
nodist_examples_user_client_SOURCES = $(user_generated)

# The compiler finds the dependencies only after the headers exist.
$(examples_user_srv_OBJECTS) $(examples_user_client_OBJECTS): $(user_headers)
endif
