#pragma once

#include <cppunit/Asserter.h>
#include <cppunit/Message.h>
#include <cppunit/SourceLine.h>

/// As CPPUNIT_ASSERT_MESSAGE, but `message` is evaluated after `condition`, and only if that is
/// false: for conditions that wait, and messages that show what has happened until then.
#define ASSERT_REPORTED(message, condition)                                            \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      CPPUNIT_NS::Asserter::fail(                                                      \
          CPPUNIT_NS::Message("assertion failed", "Expression: " #condition, message), \
          CPPUNIT_SOURCELINE());                                                       \
    }                                                                                  \
  } while (false)
