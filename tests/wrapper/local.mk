tests_run_SOURCES += \
  tests/wrapper/auth_test.cc \
  tests/wrapper/breaker_test.cc \
  tests/wrapper/rate_limit_test.cc \
  tests/wrapper/wrapped_call.h
if WITH_JWT
tests_run_SOURCES += \
  tests/wrapper/jwt_auth_test.cc
endif
