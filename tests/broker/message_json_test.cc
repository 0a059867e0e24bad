#include "broker/message_json.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace evmicro::detail {

using Header = std::map<std::string, std::string>;

class MessageJsonTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MessageJsonTest);
  CPPUNIT_TEST(captures);
  CPPUNIT_TEST(topicIsSortedAmongTheNames);
  CPPUNIT_TEST(writesAsGoDoes);
  CPPUNIT_TEST(readsWhatGoReads);
  CPPUNIT_TEST(refusesWhatGoRefuses);
  CPPUNIT_TEST(everyTruncationIsRefused);
  CPPUNIT_TEST(everyByteSurvives);
  CPPUNIT_TEST_SUITE_END();

 public:
  // What go-micro's broker and client sent, read and written again to the byte.
  void captures() {
    check(R"({"Header":{":topic":"cap.bcast","id":"0"},"Body":"aGVsbG8gPCY+IMOpIDA="})",
          "cap.bcast", {{"id", "0"}}, "hello <&> \xC3\xA9 0");
    check(R"({"Header":{":topic":"cap.queue","id":"4"},"Body":"Sm9obiA0"})", "cap.queue",
          {{"id", "4"}}, "John 4");
    check(R"({"Header":{":topic":"peer.topic","Content-Type":"application/octet-stream",)"
          R"("X-User-Id":"john"},"Body":"CgZKb2huIDA="})",
          "peer.topic", {{"Content-Type", "application/octet-stream"}, {"X-User-Id", "john"}},
          "\n\006John 0");
    check(R"({"Header":{":topic":"peer.topic","Content-Type":"application/json",)"
          R"("X-Micro-From-Service":"peerclient","X-User-Id":"john"},)"
          R"("Body":"eyJzYXkiOiJKb2huIDAifQ=="})",
          "peer.topic",
          {{"Content-Type", "application/json"},
           {"X-Micro-From-Service", "peerclient"},
           {"X-User-Id", "john"}},
          R"({"say":"John 0"})");
  }

  void topicIsSortedAmongTheNames() {
    check(R"({"Header":{"-a":"1","9":"2",":topic":"t"},"Body":""})", "t", {{"-a", "1"}, {"9", "2"}},
          "");
    check(R"({"Header":{":topic":"t"},"Body":""})", "t", {}, "");
  }

  void writesAsGoDoes() {
    BrokerMessage message;
    message.header = {{"<&>", "\xE2\x80\xA8 \" \\ \n \x01"}, {":topic", "not this"}};
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"Header":{":topic":"a\u003cb","\u003c\u0026\u003e":)"
                                     R"("\u2028 \" \\ \n \u0001"},"Body":""})"),
                         writeMessageJson("a<b", message));
    message.header = {{"x", "\xFF"}};
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"Header":{":topic":"t","x":"\ufffd"},"Body":""})"),
                         writeMessageJson("t", message));
  }

  void readsWhatGoReads() {
    reads(R"( { "header" : { ":topic" : "t" , "a" : null } , "BODY" : null } )", "t", {{"a", ""}},
          "");
    reads(R"({"Body":[104,105,null],"Header":{":topic":"t"}})", "t", {}, std::string("hi\0", 3));
    reads(R"({"Body":[],"Header":{":topic":"t"},"More":{"x":[1,{}]}})", "t", {}, "");
    reads(R"({"Header":{":topic":"t"},"Body":"Zm\r\n9v"})", "t", {}, "foo");
    reads("{\"Header\":{\":topic\":\"\xFF\"}}", "\xEF\xBF\xBD", {}, "");
    reads(R"({"Header":{"\u003atopic":"\u00e9"},"Body":"\u005am9v"})", "\xC3\xA9", {}, "foo");
    reads(R"({"Header":{"a":"1","a":"2",":topic":"t"},"Header":{"b":"3"},"Body":"eA==","body":""})",
          "t", {{"a", "2"}, {"b", "3"}}, "");
    reads(R"({"Header":{":topic":"t"},"Header":null})", "", {}, "");
    reads(R"({"Body":"eA=="})", "", {}, "x");
    reads("{}", "", {}, "");
  }

  void refusesWhatGoRefuses() {
    refuses("", "the text ends early: expected a value at byte 0");
    refuses("null", "message: expected an object, got \"null\"");
    refuses("[]", "message: expected an object, got \"[]\"");
    refuses("{} x", "unexpected 'x' at byte 3: expected the end");
    refuses(R"({"Header":[]})", "Header: expected an object of strings, got \"[]\"");
    refuses(R"({"Header":{"id":1}})", "Header.id: expected a string, got \"1\"");
    refuses(R"({"Header":{"id":{}}})", "Header.id: expected a string, got \"{}\"");
    refuses(R"({"Body":1})", "Body: expected a string in base64, got \"1\"");
    refuses(R"({"Body":"Zg"})", "Body: not in standard base64 with padding");
    refuses(R"({"Body":"-_-_"})", "Body: not in standard base64 with padding");
    refuses(R"({"Body":[256]})", "Body: expected bytes from 0 to 255, got \"256\"");
    refuses(R"({"Body":[-1]})", "Body: expected bytes from 0 to 255, got \"-1\"");
    refuses(R"({"Body":[1.5]})", "Body: expected bytes from 0 to 255, got \"1.5\"");
    refuses(R"({"Body":["x"]})", "Body: expected bytes from 0 to 255, got \"\\\"x\\\"\"");
  }

  void everyTruncationIsRefused() {
    const std::string whole =
        R"({"Header":{":topic":"t","a":"\u00e9"},"Body":"Zm9v","x":[1.5e3,true,null]})";
    CPPUNIT_ASSERT(readMessageJson(whole).ok());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CPPUNIT_ASSERT_MESSAGE(whole.substr(0, size), !readMessageJson(whole.substr(0, size)).ok());
    }
  }

  void everyByteSurvives() {
    BrokerMessage message;
    for (int byte = 0; byte < 256; ++byte) {
      message.body += static_cast<char>(byte);
      if (byte < 128) message.header["k" + std::string(1, static_cast<char>(byte))] = message.body;
    }
    const auto back = readMessageJson(writeMessageJson("t", message));
    CPPUNIT_ASSERT_MESSAGE(back.status().toString(), back.ok());
    CPPUNIT_ASSERT(message.header == back->message.header);
    CPPUNIT_ASSERT(message.body == back->message.body);
  }

 private:
  static void reads(const std::string& text, const std::string& topic, const Header& header,
                    const std::string& body) {
    const auto read = readMessageJson(text);
    CPPUNIT_ASSERT_MESSAGE(text + ": " + read.status().toString(), read.ok());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, topic, read->topic);
    CPPUNIT_ASSERT_MESSAGE(text, header == read->message.header);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, body, read->message.body);
  }

  static void check(const std::string& text, const std::string& topic, const Header& header,
                    const std::string& body) {
    reads(text, topic, header, body);
    CPPUNIT_ASSERT_EQUAL(text, writeMessageJson(topic, BrokerMessage{header, body}));
  }

  static void refuses(const std::string& text, const std::string& why) {
    const auto read = readMessageJson(text);
    CPPUNIT_ASSERT_MESSAGE(text, !read.ok());
    CPPUNIT_ASSERT(read.status().kind() == ErrorKind::kInvalid);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, why, read.status().detail());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MessageJsonTest);

}  // namespace evmicro::detail
