#include "http2/grpc_message.h"
#include "http2/grpc_timeout.h"

#include <cppunit/extensions/HelperMacros.h>

#include "http2/grpc_status.h"

namespace evmicro {

using detail::GrpcCode;
using detail::GrpcEncoding;
using detail::GrpcReader;
using Progress = detail::GrpcReader::Progress;

namespace {

std::string framed(std::string_view content, char flag = detail::kGrpcPlain) {
  std::string text(detail::kGrpcPrefix, '\0');
  detail::writeGrpcPrefix(text.data(), flag, content.size());
  return text.append(content);
}

}  // namespace

class GrpcMessageTest final : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GrpcMessageTest);
  CPPUNIT_TEST(messagesAreFoundHoweverTheyAreCut);
  CPPUNIT_TEST(theLimitIsKept);
  CPPUNIT_TEST(badPrefixesAreErrors);
  CPPUNIT_TEST(gzipComesBack);
  CPPUNIT_TEST(bombsAreStopped);
  CPPUNIT_TEST(badGzipIsAnError);
  CPPUNIT_TEST(timeouts);
  CPPUNIT_TEST(pathsAndMethods);
  CPPUNIT_TEST(percentEncoding);
  CPPUNIT_TEST(codes);
  CPPUNIT_TEST(errorsOfGoMicro);
  CPPUNIT_TEST(encodingsAccepted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void messagesAreFoundHoweverTheyAreCut() {
    const std::string all = framed("first") + framed("") + framed("third");
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
      GrpcReader reader(100);
      std::string found;
      const auto take = [&] {
        Buffer message;
        while (reader.next(message) == Progress::kMessage) found += message.toString();
      };
      reader.append(std::string_view(all).substr(0, cut));
      take();
      reader.append(std::string_view(all).substr(cut));
      take();
      CPPUNIT_ASSERT_EQUAL(all, found);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, reader.size());
    }
  }

  void theLimitIsKept() {
    CPPUNIT_ASSERT(Progress::kMessage == read(framed("12345678"), 8));
    CPPUNIT_ASSERT(Progress::kError == read(framed("123456789"), 8));
    CPPUNIT_ASSERT(GrpcCode::kResourceExhausted == error_.code);
    CPPUNIT_ASSERT(Progress::kMessage == read(framed("123456789"), 0));  // there is none
    // Already the prefix tells.
    CPPUNIT_ASSERT(Progress::kError == read(framed("123456789").substr(0, 5), 8));
  }

  void badPrefixesAreErrors() {
    CPPUNIT_ASSERT(Progress::kError == read(framed("x", '\2'), 8));
    CPPUNIT_ASSERT(GrpcCode::kInternal == error_.code);
    CPPUNIT_ASSERT(Progress::kError == read(framed("x", '\x80'), 8));
    CPPUNIT_ASSERT(Progress::kError == read(framed("x", '\1'), 8));
    CPPUNIT_ASSERT(GrpcCode::kInternal == error_.code);
    CPPUNIT_ASSERT(Progress::kNeedMore == read(std::string("\0\0\0\0", 4), 8));
  }

  void gzipComesBack() {
    const std::string packed = gzip(std::string(5'000, 'a'));
    CPPUNIT_ASSERT_EQUAL(detail::kGrpcCompressed, packed[0]);
    CPPUNIT_ASSERT(packed.size() < 1'000);
    CPPUNIT_ASSERT(Progress::kMessage == read(packed, 5'000, GrpcEncoding::kGzip));
    CPPUNIT_ASSERT_EQUAL(framed(std::string(5'000, 'a')), message_);
    // What gets no shorter stays as it is.
    CPPUNIT_ASSERT_EQUAL(framed("abc"), gzip("abc"));
  }

  void bombsAreStopped() {
    const std::string packed = gzip(std::string(5'000'000, 'a'));
    CPPUNIT_ASSERT(Progress::kMessage == read(packed, 5'000'000, GrpcEncoding::kGzip));
    CPPUNIT_ASSERT(Progress::kError == read(packed, 4'999'999, GrpcEncoding::kGzip));
    CPPUNIT_ASSERT(GrpcCode::kResourceExhausted == error_.code);
  }

  void badGzipIsAnError() {
    const std::string packed = gzip(std::string(5'000, 'a')).substr(detail::kGrpcPrefix);
    const auto compressed = [](const std::string& text) {
      return framed(text, detail::kGrpcCompressed);
    };
    for (std::size_t size = 0; size < packed.size(); ++size) {
      CPPUNIT_ASSERT(Progress::kError ==
                     read(compressed(packed.substr(0, size)), 9'999, GrpcEncoding::kGzip));
      CPPUNIT_ASSERT(GrpcCode::kInternal == error_.code);
    }
    CPPUNIT_ASSERT(Progress::kError == read(compressed(packed + "x"), 9'999, GrpcEncoding::kGzip));
    CPPUNIT_ASSERT(Progress::kError == read(compressed("no gzip"), 9'999, GrpcEncoding::kGzip));
  }

  void timeouts() {
    using std::chrono::nanoseconds;
    struct Row {
      const char* text;
      std::int64_t nanoseconds;
    };
    for (const Row row :
         {Row{"1n", 1}, Row{"2u", 2'000}, Row{"3m", 3'000'000}, Row{"4S", 4'000'000'000},
          Row{"1M", 60'000'000'000}, Row{"1H", 3'600'000'000'000}, Row{"0n", 0},
          Row{"99999999n", 99'999'999}, Row{"99999999H", 31'536'000'000'000'000}}) {
      const auto time = detail::parseGrpcTimeout(row.text);
      CPPUNIT_ASSERT_MESSAGE(row.text, time && time->count() == row.nanoseconds);
    }
    for (const char* bad :
         {"", "1", "n", "1s", "-1n", "+1n", " 1n", "1 n", "100000000n", "1.5S", "1nn", "0x1n"}) {
      CPPUNIT_ASSERT_MESSAGE(bad, !detail::parseGrpcTimeout(bad));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("99999999n"),
                         detail::formatGrpcTimeout(nanoseconds(99'999'999)));
    CPPUNIT_ASSERT_EQUAL(std::string("100000u"),
                         detail::formatGrpcTimeout(nanoseconds(100'000'000)));
    CPPUNIT_ASSERT_EQUAL(std::string("100001u"),
                         detail::formatGrpcTimeout(nanoseconds(100'000'001)));
    CPPUNIT_ASSERT_EQUAL(std::string("1n"), detail::formatGrpcTimeout(nanoseconds(-5)));
  }

  void pathsAndMethods() {
    CPPUNIT_ASSERT_EQUAL(std::string("Greeter.Hello"), detail::methodOfGrpcPath("/Greeter/Hello"));
    CPPUNIT_ASSERT_EQUAL(std::string("a.b.Greeter.Hello"),
                         detail::methodOfGrpcPath("/a.b.Greeter/Hello"));
    for (const char* bad : {"", "/", "Greeter/Hello", "/Greeter", "/Greeter/", "//Hello",
                            "/a./Hello", "/.a/Hello", "/Greeter/Hello/More", "/Greeter/Hel.lo"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bad, std::string(), detail::methodOfGrpcPath(bad));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("/Greeter/Hello"), detail::grpcPathOf("Greeter.Hello"));
    CPPUNIT_ASSERT_EQUAL(std::string("/a.b.Greeter/Hello"),
                         detail::grpcPathOf("a.b.Greeter.Hello"));
  }

  void percentEncoding() {
    const std::string special = "\t\ntest \xe2\x98\xba 100% \x7f";
    CPPUNIT_ASSERT_EQUAL(std::string("%09%0Atest %E2%98%BA 100%25 %7F"),
                         detail::percentEncoded(special));
    CPPUNIT_ASSERT_EQUAL(special, detail::percentDecoded(detail::percentEncoded(special)));
    for (const char* asItIs : {"%", "%4", "%zz", "100%", "%%"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(asItIs), detail::percentDecoded(asItIs));
    }
  }

  // Every code of gRPC has one of HTTP that leads back to it, as far as there are enough.
  void codes() {
    for (const int code : {1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 16}) {
      CPPUNIT_ASSERT_EQUAL(code, static_cast<int>(detail::grpcCodeOf(detail::codeOfGrpc(code))));
    }
    CPPUNIT_ASSERT_EQUAL(500, detail::codeOfGrpc(2));
    CPPUNIT_ASSERT_EQUAL(500, detail::codeOfGrpc(99));
    CPPUNIT_ASSERT_EQUAL(8, static_cast<int>(detail::grpcCodeOf(429)));
    CPPUNIT_ASSERT_EQUAL(8, static_cast<int>(detail::grpcCodeOf(413)));
    CPPUNIT_ASSERT_EQUAL(9, static_cast<int>(detail::grpcCodeOf(418)));
    CPPUNIT_ASSERT_EQUAL(2, static_cast<int>(detail::grpcCodeOf(200)));
    CPPUNIT_ASSERT_EQUAL(2, static_cast<int>(detail::grpcCodeOf(399)));
    CPPUNIT_ASSERT_EQUAL(9, static_cast<int>(detail::grpcCodeOf(498)));
    CPPUNIT_ASSERT_EQUAL(13, static_cast<int>(detail::grpcCodeOf(599)));
    CPPUNIT_ASSERT_EQUAL(2, static_cast<int>(detail::grpcCodeOf(600)));
    CPPUNIT_ASSERT_EQUAL(12, static_cast<int>(detail::grpcCodeOfHttp(404)));
  }

  void errorsOfGoMicro() {
    const std::string wire = Status::error(418, "teapot", "short and stout").toWire();
    const auto error = detail::grpcErrorOf(wire);
    CPPUNIT_ASSERT_EQUAL(std::string("short and stout"), error.message);
    CPPUNIT_ASSERT_EQUAL(wire, error.details);
    CPPUNIT_ASSERT_EQUAL(wire, detail::errorTextOf(9, error.message, error.details));
    const auto unknown = detail::grpcErrorOf("rpc: can't find service A.B");
    CPPUNIT_ASSERT(GrpcCode::kUnimplemented == unknown.code);
    CPPUNIT_ASSERT(unknown.details.empty());
    const Status foreign = Status::fromWire(detail::errorTextOf(5, "no such user", ""));
    CPPUNIT_ASSERT_EQUAL(404, foreign.code());
    CPPUNIT_ASSERT_EQUAL(std::string("no such user"), foreign.detail());
  }

  void encodingsAccepted() {
    for (const char* list : {"gzip", "identity,gzip", "identity, deflate, gzip", "gzip;q=1"}) {
      CPPUNIT_ASSERT_MESSAGE(list, detail::acceptsGzip(list));
    }
    for (const char* list : {"", "identity", "xgzip", "gzipx", ",", "identity,,deflate"}) {
      CPPUNIT_ASSERT_MESSAGE(list, !detail::acceptsGzip(list));
    }
  }

 private:
  Progress read(const std::string& bytes, std::size_t most,
                GrpcEncoding encoding = GrpcEncoding::kIdentity) {
    GrpcReader reader(most);
    reader.setEncoding(encoding);
    reader.append(bytes);
    Buffer message;
    const Progress progress = reader.next(message);
    message_ = message.toString();
    error_ = reader.error();
    return progress;
  }

  static std::string gzip(const std::string& content) {
    return detail::gzipMessage(Buffer(framed(content))).toString();
  }

  std::string message_;
  detail::GrpcError error_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GrpcMessageTest);

}  // namespace evmicro
