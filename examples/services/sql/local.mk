# SQL without keeping the loop waiting, for the services that store something.
services_sql_CPPFLAGS = $(LIBEVENT_CFLAGS) $(SERVICES_SQL_CFLAGS)
services_sql_LIBS = $(LIBEVENT_LIBS) $(SERVICES_SQL_LIBS)
services_sql = \
  examples/services/sql/database.cc \
  examples/services/sql/database.h \
  examples/services/sql/job.cc \
  examples/services/sql/job.h \
  examples/services/sql/postgres_database.cc \
  examples/services/sql/sqlite_database.cc \
  examples/services/sql/watched_database.cc \
  examples/services/sql/watched_database.h
