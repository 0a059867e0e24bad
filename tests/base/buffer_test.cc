#include <evmicro/buffer.h>

#include <algorithm>
#include <string>
#include <utility>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <event2/buffer.h>

namespace evmicro {

class BufferTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BufferTest);
  CPPUNIT_TEST(fewBytesNeedNoChain);
  CPPUNIT_TEST(manyBytesAreChained);
  CPPUNIT_TEST(drainsFromTheFront);
  CPPUNIT_TEST(takesAllOfAnother);
  CPPUNIT_TEST(extendedPieceIsFilledInPlace);
  CPPUNIT_TEST(movedFromIsEmptyAndUsable);
  CPPUNIT_TEST(evbufferHoldsWhatTheBlockHeld);
  CPPUNIT_TEST_SUITE_END();

 public:
  void fewBytesNeedNoChain() {
    Buffer buffer("hello");
    buffer.append(" world");
    CPPUNIT_ASSERT(!buffer.rawIfAny());
    CPPUNIT_ASSERT_EQUAL(std::string("hello world"), buffer.toString());
    CPPUNIT_ASSERT(buffer.front(5) == "hello");
    CPPUNIT_ASSERT(buffer.front(100) == "hello world");
  }

  void manyBytesAreChained() {
    Buffer buffer("begin ");
    std::string expected = "begin ";
    for (int i = 0; i < 100; ++i) {
      const std::string piece(100, static_cast<char>('a' + i % 26));
      buffer.append(piece);
      expected += piece;
    }
    CPPUNIT_ASSERT(buffer.rawIfAny());
    CPPUNIT_ASSERT_EQUAL(expected.size(), buffer.size());
    CPPUNIT_ASSERT_EQUAL(expected, buffer.toString());
    CPPUNIT_ASSERT(buffer.contiguous() == expected);
  }

  void drainsFromTheFront() {
    for (const bool chained : {false, true}) {
      Buffer buffer;
      if (chained) buffer.raw();
      buffer.append("0123456789");
      buffer.drain(4);
      CPPUNIT_ASSERT_EQUAL(std::string("456789"), buffer.toString());
      buffer.append("ab");
      CPPUNIT_ASSERT_EQUAL(std::string("456789ab"), buffer.toString());
      char two[2] = {};
      CPPUNIT_ASSERT_EQUAL(std::size_t(2), buffer.peek(two, 2));
      CPPUNIT_ASSERT_EQUAL(std::string("45"), std::string(two, 2));
      buffer.drain(100);
      CPPUNIT_ASSERT(buffer.empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t(0), buffer.peek(two, 2));
      CPPUNIT_ASSERT_EQUAL(std::string(), buffer.toString());
    }
  }

  void takesAllOfAnother() {
    const std::string big(10'000, 'x');
    for (const std::string& first : {std::string(), std::string("1"), big}) {
      for (const std::string& second : {std::string(), std::string("2"), big}) {
        Buffer buffer(first);
        Buffer other(second);
        other.append("end");
        other.drain(1);
        const std::string expected = first + other.toString();
        buffer.append(std::move(other));
        CPPUNIT_ASSERT_EQUAL(expected, buffer.toString());
        CPPUNIT_ASSERT(other.empty());
        other.append("usable");
        CPPUNIT_ASSERT_EQUAL(std::string("usable"), other.toString());
      }
    }
  }

  void extendedPieceIsFilledInPlace() {
    for (const std::size_t size : {std::size_t(3), std::size_t(5'000)}) {
      Buffer buffer("begin");
      buffer.drain(2);
      char* const piece = buffer.extend(size);
      std::fill_n(piece, size, 'x');
      CPPUNIT_ASSERT_EQUAL("gin" + std::string(size, 'x'), buffer.toString());
    }
  }

  void movedFromIsEmptyAndUsable() {
    Buffer buffer("short");
    buffer.drain(1);
    Buffer taken(std::move(buffer));
    CPPUNIT_ASSERT(buffer.empty());
    buffer.append("again");
    CPPUNIT_ASSERT_EQUAL(std::string("again"), buffer.toString());
    CPPUNIT_ASSERT_EQUAL(std::string("hort"), taken.toString());
  }

  void evbufferHoldsWhatTheBlockHeld() {
    Buffer buffer("0123456789");
    buffer.drain(3);
    CPPUNIT_ASSERT_EQUAL(std::size_t(7), evbuffer_get_length(buffer.raw()));
    evbuffer_add(buffer.raw(), "ab", 2);
    CPPUNIT_ASSERT_EQUAL(std::string("3456789ab"), buffer.toString());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BufferTest);

}  // namespace evmicro
