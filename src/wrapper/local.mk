core_sources += \
  src/wrapper/allow_subjects.cc \
  src/wrapper/auth_scope.cc \
  src/wrapper/auth_scope.h \
  src/wrapper/bearer_auth.cc \
  src/wrapper/breaker.cc \
  src/wrapper/rate_limit.cc
if WITH_JWT
core_sources += \
  src/wrapper/jwt_auth.cc \
  src/wrapper/jwt_keys.cc \
  src/wrapper/jwt_keys.h \
  src/wrapper/jwt_token.cc \
  src/wrapper/jwt_token.h
else
core_sources += src/wrapper/without_jwt.cc
endif
