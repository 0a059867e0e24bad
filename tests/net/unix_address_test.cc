#include "net/unix_address.h"

#include <string>
#include <utility>
#include <vector>

#include <cppunit/extensions/HelperMacros.h>

#include "net/dial_address.h"
#include "net/http_address.h"
#include "net/listen_address.h"

namespace evmicro {

using namespace detail;

class UnixAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UnixAddressTest);
  CPPUNIT_TEST(readsEveryForm);
  CPPUNIT_TEST(aHostMayBeCalledUnix);
  CPPUNIT_TEST(everyReaderOfAddressesSaysWhatIsWrong);
  CPPUNIT_TEST(aPathMayHaveAsManyBytesAsTheSystemTakes);
  CPPUNIT_TEST(onlyListenersTakeAMode);
  CPPUNIT_TEST_SUITE_END();

 public:
  void readsEveryForm() {
    for (const char* text : {"unix:///run/x.sock", "unix:/run/x.sock", "UNIX:///run/x.sock"}) {
      CPPUNIT_ASSERT_MESSAGE(text, isUnixAddress(text));
      CPPUNIT_ASSERT_EQUAL(std::string("/run/x.sock"), parseUnixAddress(text)->path);
      CPPUNIT_ASSERT_EQUAL(std::string("/run/x.sock"), parseDialAddress(text)->host);
      CPPUNIT_ASSERT_EQUAL(0, int(parseDialAddress(text)->port));
      CPPUNIT_ASSERT_EQUAL(std::string("/run/x.sock"), parseListenAddress(text)->host);
      const auto http = HttpAddress::parse("consul", text, "8500");
      CPPUNIT_ASSERT_EQUAL(std::string("/run/x.sock"), http->socketPath);
      CPPUNIT_ASSERT_EQUAL(std::string("unix:///run/x.sock"), http->authority);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("/a b/\xC3\xA4:1"),
                         parseUnixAddress("unix:///a b/\xC3\xA4:1")->path);
  }

  void aHostMayBeCalledUnix() {
    CPPUNIT_ASSERT(!isUnixAddress("unix:80"));
    CPPUNIT_ASSERT(!isUnixAddress("unix:"));
    CPPUNIT_ASSERT(!isUnixAddress(std::string_view("unix:/x").substr(0, 5)));
    CPPUNIT_ASSERT(!isUnixAddress("unix.example:80"));
    CPPUNIT_ASSERT_EQUAL(std::string("unix"), parseDialAddress("unix:80")->host);
    CPPUNIT_ASSERT_EQUAL(std::string("unix"), parseListenAddress("unix:0")->host);
  }

  void everyReaderOfAddressesSaysWhatIsWrong() {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"unix://run/x.sock", "absolute path"},
        {"unix:///", "absolute path"},
        {"unix:/", "absolute path"},
        {"unix:///run/", "absolute path"},
        {"unix:@name", "abstract"},
        {"unix:///a\nb", "control characters"},
        {std::string("unix:///a\0b", 11), "control characters"},
        {"unix:///a\x7F", "control characters"},
        {"unix:///a?", "mode=660"},
        {"unix:///a?mode=", "mode=660"},
        {"unix:///a?mode=8", "mode=660"},
        {"unix:///a?mode=1000", "mode=660"},
        {"unix:///a?mode=-1", "mode=660"},
        {"unix:///a?x=1", "mode=660"},
    };
    for (const auto& [text, part] : cases) {
      CPPUNIT_ASSERT_MESSAGE(text, isUnixAddress(text));
      for (const Status& status :
           {parseListenAddress(text).status(), parseDialAddress(text).status(),
            HttpAddress::parse("consul", text, "8500").status()}) {
        CPPUNIT_ASSERT_MESSAGE(text, status.kind() == ErrorKind::kInvalid);
        const std::string& detail = status.detail();
        CPPUNIT_ASSERT_MESSAGE(detail, detail.find(part) != std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(detail, detail.find("\"" + text + "\"") != std::string::npos);
      }
    }
  }

  void aPathMayHaveAsManyBytesAsTheSystemTakes() {
    const std::string longest = "/" + std::string(106, 'x');
    CPPUNIT_ASSERT_EQUAL(longest, parseDialAddress("unix://" + longest)->host);
    CPPUNIT_ASSERT_EQUAL(longest, parseListenAddress("unix://" + longest + "?mode=600")->host);
    const auto over = parseDialAddress("unix://" + longest + "x");
    CPPUNIT_ASSERT(
        over.status().detail().find("the path has 108 bytes; a Unix socket's has at most 107") !=
        std::string::npos);
    CPPUNIT_ASSERT(!parseListenAddress("unix://" + longest + "x").ok());
  }

  void onlyListenersTakeAMode() {
    const std::string text = "unix:///run/x?mode=660";
    CPPUNIT_ASSERT_EQUAL(0660U, *parseListenAddress(text)->mode);
    CPPUNIT_ASSERT_EQUAL(0777U, *parseListenAddress("unix:///x?mode=0777")->mode);
    CPPUNIT_ASSERT(!parseListenAddress("unix:///x")->mode);
    CPPUNIT_ASSERT(!parseDialAddress(text).ok());
    CPPUNIT_ASSERT(!HttpAddress::parse("consul", text, "8500").ok());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UnixAddressTest);

}  // namespace evmicro
