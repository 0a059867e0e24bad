# What the services that call APIs on the web have in common.
EXTRA_DIST += examples/services/web-api/recorded.py
web_api_CPPFLAGS = $(JANSSON_CFLAGS)
web_api = \
  examples/services/web-api/api_flags.cc \
  examples/services/web-api/api_flags.h \
  examples/services/web-api/repaired_json.cc \
  examples/services/web-api/repaired_json.h \
  examples/services/web-api/tolerant_json.cc \
  examples/services/web-api/tolerant_json.h \
  examples/services/web-api/web_api.cc \
  examples/services/web-api/web_api.h
