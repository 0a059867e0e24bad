#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <cppunit/extensions/HelperMacros.h>

#include <evmicro/buffer.h>
#include <evmicro/codec.h>
#include <evmicro/status.h>

namespace evmicro::test {

/// Contract of every codec, with protobuf messages as payloads. A codec that does not carry them
/// cannot serve methods of a .proto and does not need this suite.
class CodecContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CodecContract);
  CPPUNIT_TEST(hasAName);
  CPPUNIT_TEST(requestIsReadAsItWasWritten);
  CPPUNIT_TEST(replyIsReadAsItWasWritten);
  CPPUNIT_TEST(errorIsReadAsItWasWritten);
  CPPUNIT_TEST(replyAnswersItsRequest);
  CPPUNIT_TEST(renumberedRequestHasTheNewNumber);
  CPPUNIT_TEST(payloadTravelsAlone);
  CPPUNIT_TEST(emptyAndBigPayloadsTravel);
  CPPUNIT_TEST(writingAppends);
  CPPUNIT_TEST(blocksOfABodyDoNotMatter);
  CPPUNIT_TEST(unknownKindsOfPayloadAreInvalid);
  CPPUNIT_TEST(oneObjectServesManyConversations);
  CPPUNIT_TEST(survivesEveryTruncation);
  CPPUNIT_TEST(survivesEveryDamagedByte);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void setUp() override;
  void tearDown() override;

  void hasAName();
  void requestIsReadAsItWasWritten();
  void replyIsReadAsItWasWritten();
  void errorIsReadAsItWasWritten();
  void replyAnswersItsRequest();
  void renumberedRequestHasTheNewNumber();
  void payloadTravelsAlone();
  void emptyAndBigPayloadsTravel();
  void writingAppends();
  void blocksOfABodyDoNotMatter();
  void unknownKindsOfPayloadAreInvalid();
  void oneObjectServesManyConversations();
  void survivesEveryTruncation();
  void survivesEveryDamagedByte();

 protected:
  /// Called once for each test.
  virtual std::shared_ptr<const Codec> makeCodec() = 0;

 private:
  /// A request of `Greeter.Hello` with a google.protobuf.StringValue.
  Buffer request(std::string_view text, std::uint64_t seq = 1) const;
  /// The envelope of such a request, as the server has it when it replies.
  Frame requestFrame(std::uint64_t seq = 1) const;
  Buffer reply(std::string_view text) const;
  /// The payload of a body after readRequest(); the test fails if it cannot be decoded.
  std::string payloadOf(Frame& frame, Buffer& body) const;
  /// Passes `body` to all functions that decode input from peers.
  void readAll(const std::string& body) const;
  void survives(const std::function<void(const std::string& body)>& change) const;

  std::shared_ptr<const Codec> codec_;
  std::shared_ptr<void> silence_;  // suppresses protobuf's line on stderr for each invalid string
};

}  // namespace evmicro::test
