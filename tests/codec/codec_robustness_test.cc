// Valid bodies, cut and damaged at every byte: a codec must neither crash nor be led astray.

#include <algorithm>
#include <filesystem>

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <google/protobuf/stubs/logging.h>

#include "codec/codec_probe.h"
#include "codec/codec_support.h"
#include "tests/codec/mapping.pb.h"

namespace evmicro {

class CodecRobustnessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CodecRobustnessTest);
  CPPUNIT_TEST(seedsAreReadWhole);
  CPPUNIT_TEST(everyTruncationOfAProtoRequestIsRefused);
  CPPUNIT_TEST(everyTruncationOfAJsonRequestIsRefused);
  CPPUNIT_TEST(protoSurvivesTruncation);
  CPPUNIT_TEST(jsonSurvivesTruncation);
  CPPUNIT_TEST(protoSurvivesEveryDamagedByte);
  CPPUNIT_TEST(jsonSurvivesEveryDamagedByte);
  CPPUNIT_TEST(eachCodecSurvivesTheOthersBodies);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    silencer_ = std::make_unique<google::protobuf::LogSilencer>();
    proto_ = makeProtoRpcCodec();
    json_ = makeJsonRpcCodec();
  }
  void tearDown() override { silencer_.reset(); }

  // Or else the rest of this file would prove little.
  void seedsAreReadWhole() {
    for (const Codec* codec : {proto_.get(), json_.get()}) {
      for (const std::string& bytes : seeds(*codec)) {
        CPPUNIT_ASSERT_EQUAL(std::string(), outcome(*codec, bytes));
        CPPUNIT_ASSERT_EQUAL(std::string(), test::probeCodec(*codec, bytes));
      }
    }
  }

  void everyTruncationOfAProtoRequestIsRefused() {
    for (const std::string& bytes : seeds(*proto_)) {
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        CPPUNIT_ASSERT(!outcome(*proto_, bytes.substr(0, length)).empty());
      }
    }
  }

  void everyTruncationOfAJsonRequestIsRefused() {
    for (const std::string& bytes : seeds(*json_)) {
      const std::size_t end = bytes.rfind('}');
      for (std::size_t length = 0; length <= end; ++length) {
        CPPUNIT_ASSERT(!outcome(*json_, bytes.substr(0, length)).empty());
      }
    }
  }

  void protoSurvivesTruncation() { probeTruncations(*proto_); }
  void jsonSurvivesTruncation() { probeTruncations(*json_); }
  void protoSurvivesEveryDamagedByte() { probeDamage(*proto_); }
  void jsonSurvivesEveryDamagedByte() { probeDamage(*json_); }

  void eachCodecSurvivesTheOthersBodies() {
    for (const std::string& bytes : seeds(*proto_)) {
      CPPUNIT_ASSERT(!outcome(*json_, bytes).empty());
      CPPUNIT_ASSERT_EQUAL(std::string(), test::probeCodec(*json_, bytes));
    }
    for (const std::string& bytes : seeds(*json_)) {
      CPPUNIT_ASSERT(!outcome(*proto_, bytes).empty());
      CPPUNIT_ASSERT_EQUAL(std::string(), test::probeCodec(*proto_, bytes));
    }
  }

 private:
  // The seeds of the codec's fuzz target.
  static std::vector<std::string> seeds(const Codec& codec) {
    const std::string folder = TEST_SOURCE_DIR "/fuzz/seeds/" +
                               std::string(codec.name() == "json-rpc" ? "json_rpc" : "proto_rpc");
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      all.push_back(test::contentOf(entry.path().string()));
    }
    CPPUNIT_ASSERT(all.size() >= 2);
    return all;
  }

  // "" when `bytes` are a request with a payload, else the error.
  static std::string outcome(const Codec& codec, const std::string& bytes) {
    Buffer body(bytes);
    Frame frame;
    if (Status status = codec.readRequest(body, frame); !status.ok()) return status.detail();
    test::mapping::Everything message;
    return test::errorOf(codec.readPayload(frame, body, &message));
  }

  static void probeTruncations(const Codec& codec) {
    for (const std::string& bytes : seeds(codec)) {
      for (std::size_t length = 0; length < bytes.size(); ++length) {
        CPPUNIT_ASSERT_EQUAL(std::string(), test::probeCodec(codec, bytes.substr(0, length)));
      }
    }
  }

  static void probeDamage(const Codec& codec) {
    for (std::string bytes : seeds(codec)) {
      for (char& byte : bytes) {
        const char original = byte;
        for (int bit = 0; bit < 8; ++bit) {
          byte = static_cast<char>(original ^ (1 << bit));
          CPPUNIT_ASSERT_EQUAL(std::string(), test::probeCodec(codec, bytes));
        }
        for (const char other : {'\0', '\xFF', '"', '\\', '{', '9'}) {
          byte = other;
          CPPUNIT_ASSERT_EQUAL(std::string(), test::probeCodec(codec, bytes));
        }
        byte = original;
      }
    }
  }

  // Protobuf writes a line to stderr for each string that is not UTF-8.
  std::unique_ptr<google::protobuf::LogSilencer> silencer_;
  std::unique_ptr<Codec> proto_;
  std::unique_ptr<Codec> json_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(CodecRobustnessTest);

}  // namespace evmicro
