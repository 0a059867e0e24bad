# The example services of Go Micro: programs that carry real services.
EXTRA_DIST += examples/services/README.md examples/services/go_environment.h
include examples/services/geo-srv/local.mk
include examples/services/geo-api/local.mk
include examples/services/geo-web/local.mk
include examples/services/web-api/local.mk
include examples/services/sql/local.mk
include examples/services/user-srv/local.mk
include examples/services/place-srv/local.mk
include examples/services/geocode-srv/local.mk
include examples/services/hailo-srv/local.mk
include examples/services/twitter-srv/local.mk
include examples/services/slack-srv/local.mk
