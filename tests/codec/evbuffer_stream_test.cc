#include "codec/evbuffer_stream.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "codec/codec_support.h"

namespace evmicro::detail {

class EvbufferInputStreamTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EvbufferInputStreamTest);
  CPPUNIT_TEST(givesTheBytesOfAllChains);
  CPPUNIT_TEST(endsAtItsSizeEvenWithinAChain);
  CPPUNIT_TEST(backsUpWithinTheLastPiece);
  CPPUNIT_TEST(skipsAcrossChains);
  CPPUNIT_TEST(skippingPastTheEndFails);
  CPPUNIT_TEST(anEmptyStreamGivesNothing);
  CPPUNIT_TEST(drainedBytesAreNotSeen);
  CPPUNIT_TEST_SUITE_END();

 public:
  void givesTheBytesOfAllChains() {
    for (std::size_t block = 1; block <= kText.size(); ++block) {
      Buffer buffer = test::inBlocks(kText, block);
      EvbufferInputStream stream(buffer.raw(), kText.size());
      CPPUNIT_ASSERT_EQUAL(std::string(kText), rest(stream));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, stream.ByteCount());
    }
  }

  void endsAtItsSizeEvenWithinAChain() {
    for (std::size_t size = 0; size <= kText.size(); ++size) {
      Buffer buffer = test::inBlocks(kText, 4);
      EvbufferInputStream stream(buffer.raw(), size);
      CPPUNIT_ASSERT_EQUAL(std::string(kText.substr(0, size)), rest(stream));
    }
  }

  void backsUpWithinTheLastPiece() {
    Buffer buffer = test::inBlocks(kText, 4);
    EvbufferInputStream stream(buffer.raw(), kText.size());
    const void* data = nullptr;
    int size = 0;
    CPPUNIT_ASSERT(stream.Next(&data, &size));
    CPPUNIT_ASSERT_EQUAL(4, size);
    stream.BackUp(3);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, stream.ByteCount());
    CPPUNIT_ASSERT_EQUAL(std::string("123456789"), rest(stream));
    stream.BackUp(2);
    CPPUNIT_ASSERT_EQUAL(std::string("89"), rest(stream));
  }

  void skipsAcrossChains() {
    for (int count = 0; count <= 10; ++count) {
      Buffer buffer = test::inBlocks(kText, 3);
      EvbufferInputStream stream(buffer.raw(), kText.size());
      CPPUNIT_ASSERT(stream.Skip(count));
      CPPUNIT_ASSERT_EQUAL(std::int64_t{count}, stream.ByteCount());
      CPPUNIT_ASSERT_EQUAL(std::string(kText.substr(static_cast<std::size_t>(count))),
                           rest(stream));
    }
  }

  void skippingPastTheEndFails() {
    Buffer buffer = test::inBlocks(kText, 3);
    EvbufferInputStream stream(buffer.raw(), 8);
    CPPUNIT_ASSERT(!stream.Skip(9));
    CPPUNIT_ASSERT_EQUAL(std::string(), rest(stream));
  }

  void anEmptyStreamGivesNothing() {
    Buffer buffer;
    EvbufferInputStream stream(buffer.raw(), 0);
    CPPUNIT_ASSERT_EQUAL(std::string(), rest(stream));
    CPPUNIT_ASSERT(stream.Skip(0));
    CPPUNIT_ASSERT(!stream.Skip(1));
  }

  void drainedBytesAreNotSeen() {
    Buffer buffer = test::inBlocks(kText, 4);
    buffer.drain(5);
    EvbufferInputStream stream(buffer.raw(), 4);
    CPPUNIT_ASSERT_EQUAL(std::string("5678"), rest(stream));
  }

 private:
  static constexpr std::string_view kText = "0123456789";

  static std::string rest(EvbufferInputStream& stream) {
    std::string all;
    const void* data = nullptr;
    int size = 0;
    while (stream.Next(&data, &size)) {
      CPPUNIT_ASSERT(size > 0);
      all.append(static_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return all;
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(EvbufferInputStreamTest);

}  // namespace evmicro::detail
