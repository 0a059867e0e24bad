# Against programs: the real Consul, and the built programs as processes.
tests_run_SOURCES += \
  examples/services/geo-srv/point_index_test.cc $(geo_index) \
  examples/services/geo-web/watchers_test.cc $(geo_watchers) \
  examples/services/place-srv/query_test.cc $(place_query) \
  tests/integration/api_program_test.cc \
  tests/integration/constant_caller.cc \
  tests/integration/constant_caller.h \
  tests/integration/consul_follow_test.cc \
  tests/integration/consul_registry_test.cc \
  tests/integration/embedding_test.cc \
  tests/integration/etcd_registry_test.cc \
  tests/integration/example_test.cc \
  tests/integration/frozen_node_test.cc \
  tests/integration/geo_program_test.cc \
  tests/integration/geo_web_test.cc \
  tests/integration/greeter_process.cc \
  tests/integration/greeter_process.h \
  tests/integration/greeter_test.cc \
  tests/integration/greeter_wire_test.cc \
  tests/integration/healing_test.cc \
  tests/integration/json_caller.cc \
  tests/integration/json_caller.h \
  tests/integration/overloaded_server_test.cc \
  tests/integration/plugging_test.cc \
  tests/integration/programs_test.cc \
  tests/integration/protected_test.cc \
  tests/integration/pubsub_test.cc \
  tests/integration/selector_filter_test.cc \
  tests/integration/service_pages_test.cc \
  tests/integration/service_readmes_test.cc \
  tests/integration/sidecar_program_test.cc \
  tests/integration/toolkit_table_test.cc \
  tests/integration/unix_sockets_test.cc \
  tests/integration/web_program_test.cc \
  tests/integration/web_services_test.cc
nodist_tests_run_SOURCES += $(geo_generated)
$(tests_run_OBJECTS): | $(geo_headers)
EXTRA_tests_run_DEPENDENCIES += evmicro$(EXEEXT) examples/greeter$(EXEEXT) examples/greeter_srv$(EXEEXT) examples/greeter_api$(EXEEXT) \
  examples/greeter_rest$(EXEEXT) examples/greeter_web$(EXEEXT) \
  examples/geo_srv$(EXEEXT) examples/geo_api$(EXEEXT) examples/geo_client$(EXEEXT) examples/geo_web$(EXEEXT) \
  examples/geocode_srv$(EXEEXT) examples/hailo_srv$(EXEEXT) examples/slack_srv$(EXEEXT) \
  examples/geo_api_client$(EXEEXT) examples/geocode_client$(EXEEXT) examples/hailo_client$(EXEEXT) examples/slack_client$(EXEEXT) \
  examples/limited$(EXEEXT) examples/authenticated$(EXEEXT) \
  examples/wrapper$(EXEEXT) examples/embed$(EXEEXT) examples/embedding_poll$(EXEEXT) examples/threads$(EXEEXT) examples/plugging_service$(EXEEXT) examples/selector_filter$(EXEEXT) \
  examples/example_server$(EXEEXT) examples/example_client$(EXEEXT) \
  examples/pubsub_producer$(EXEEXT) examples/pubsub_consumer$(EXEEXT)
if HAVE_SERVICES_SQL
tests_run_SOURCES += tests/integration/elastic_places_test.cc tests/integration/place_program_test.cc
EXTRA_tests_run_DEPENDENCIES += examples/place_srv$(EXEEXT) examples/place_client$(EXEEXT)
endif
if HAVE_USER_SRV
tests_run_SOURCES += \
  tests/integration/login_load_test.cc \
  tests/integration/services_walk_test.cc \
  tests/integration/user_program_test.cc \
  tests/support/postgres_server.cc \
  tests/support/postgres_server.h
EXTRA_tests_run_DEPENDENCIES += examples/user_srv$(EXEEXT) examples/user_client$(EXEEXT)
endif
if WITH_TLS
tests_run_SOURCES += examples/services/twitter-srv/oauth_test.cc $(twitter_oauth) \
  examples/services/web-api/web_api.cc \
  tests/integration/web_trust_test.cc
EXTRA_tests_run_DEPENDENCIES += examples/twitter_srv$(EXEEXT) examples/twitter_client$(EXEEXT)
endif
if HAVE_GLIB
EXTRA_tests_run_DEPENDENCIES += examples/embedding_glib$(EXEEXT)
endif
if HAVE_ASIO
EXTRA_tests_run_DEPENDENCIES += examples/embedding_asio$(EXEEXT)
endif
