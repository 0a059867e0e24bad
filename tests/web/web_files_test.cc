// Files of a folder and of the program.
#include <evmicro/web_files.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>

#include <sys/stat.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "support/temporary_folder.h"

namespace evmicro {

class WebFilesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WebFilesTest);
  CPPUNIT_TEST(servesFiles);
  CPPUNIT_TEST(servesTheIndex);
  CPPUNIT_TEST(nothingOutsideOfTheFolder);
  CPPUNIT_TEST(onlyOrdinaryFiles);
  CPPUNIT_TEST(unchangedFilesAreNotSent);
  CPPUNIT_TEST(sendsRanges);
  CPPUNIT_TEST(sendsLargeFilesInParts);
  CPPUNIT_TEST(servesAssets);
  CPPUNIT_TEST(knowsContentTypes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    folder_ = std::make_unique<test::TemporaryFolder>();
    std::filesystem::create_directories(folder_->file("www/sub"));
    write("www/a.txt", "0123456789");
    write("www/index.html", "<p>top");
    write("www/sub/index.html", "<p>sub");
    write("secret", "secret");
    write("www2", "secret");
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<WebServer>(*loop_, options);
    server_->handle("GET", "/files/{path...}", serveFolder(folder_->file("www")));
    server_->handle("GET", "/assets/{path...}",
                    serveAssets({{"app.js", "script"}, {"index.html", "<p>asset"}}));
    CPPUNIT_ASSERT(server_->start().ok());
    peer_ = std::make_unique<test::RawPeer>(*loop_, server_->address());
  }

  void tearDown() override {
    peer_.reset();
    server_.reset();
    folder_.reset();
    loop_.reset();
  }

  void servesFiles() {
    ask("/files/a.txt");
    expect("\r\n\r\n0123456789");
    CPPUNIT_ASSERT(peer_->has("HTTP/1.1 200 OK\r\n"));
    CPPUNIT_ASSERT(peer_->has("Content-Length: 10\r\n"));
    CPPUNIT_ASSERT(peer_->has("Content-Type: text/plain; charset=utf-8\r\n"));
    CPPUNIT_ASSERT(peer_->has("Cache-Control: no-cache\r\n"));
    CPPUNIT_ASSERT(peer_->has("X-Content-Type-Options: nosniff\r\n"));
    peer_->forget();
    peer_->send(
        "HEAD /files/a.txt HTTP/1.1\r\nHost: h\r\n\r\nGET /files/none HTTP/1.1\r\nHost: h\r\n\r\n");
    expect("404 page not found");
    CPPUNIT_ASSERT(peer_->has("Content-Length: 10\r\n"));
    CPPUNIT_ASSERT(!peer_->has("0123456789"));
  }

  void servesTheIndex() {
    ask("/files/");
    expect("<p>top");
    ask("/files/sub/");
    expect("<p>sub");
  }

  void nothingOutsideOfTheFolder() {
    std::filesystem::create_symlink(folder_->file("secret"), folder_->file("www/link"));
    std::filesystem::create_symlink(folder_->path(), folder_->file("www/up"));
    std::filesystem::create_symlink(folder_->file("www/a.txt"), folder_->file("www/inner"));
    std::size_t refused = 0;
    for (const char* const path :
         {"%2e%2e/secret", "..%2fsecret", "sub/%2e%2e/%2e%2e/secret", "%2e%2e/www2", "link",
          "up/secret", "a.txt%00", "a.txt/", "%2fetc%2fpasswd", "sub%2f..%2f..%2fsecret"}) {
      ask(std::string("/files/") + path);
      ++refused;
      const bool came = until([&] { return peer_->count("HTTP/1.1 404 ") == refused; });
      CPPUNIT_ASSERT_MESSAGE(path, came);
    }
    CPPUNIT_ASSERT(!peer_->has("\r\n\r\nsecret"));
    ask("/files/inner");
    expect("0123456789");
  }

  void onlyOrdinaryFiles() {
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(folder_->file("www/pipe").c_str(), 0600));
    ask("/files/pipe");
    expect("HTTP/1.1 404 ");
    std::filesystem::create_directories(folder_->file("www/empty"));
    ask("/files/empty");
    CPPUNIT_ASSERT(until([this] { return peer_->count("HTTP/1.1 404 ") == 2; }));
  }

  void unchangedFilesAreNotSent() {
    ask("/files/a.txt");
    expect("0123456789");
    const std::string tag = header("Etag");
    const std::string modified = header("Last-Modified");
    CPPUNIT_ASSERT_EQUAL(std::size_t(29), modified.size());
    for (const std::string& condition :
         {"If-None-Match: " + tag, "If-None-Match: \"x\", W/" + tag,
          std::string("If-None-Match: *"), "If-Modified-Since: " + modified}) {
      peer_->forget();
      ask("/files/a.txt", condition + "\r\n");
      expect("HTTP/1.1 304 Not Modified\r\n");
      CPPUNIT_ASSERT_EQUAL(tag, header("Etag"));
      CPPUNIT_ASSERT(!peer_->has("0123456789"));
    }
    for (const std::string& condition :
         {std::string("If-None-Match: \"x\""),
          "If-None-Match: \"x\"\r\nIf-Modified-Since: " + modified,
          std::string("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT")}) {
      peer_->forget();
      ask("/files/a.txt", condition + "\r\n");
      expect("0123456789");
    }
    write("www/a.txt", "changed now");
    peer_->forget();
    ask("/files/a.txt", "If-None-Match: " + tag + "\r\n");
    expect("changed now");
  }

  void sendsRanges() {
    const auto part = [this](const std::string& range, const std::string& body,
                             const std::string& which) {
      peer_->forget();
      ask("/files/a.txt", "Range: " + range + "\r\n");
      expect("\r\n\r\n" + body);
      const std::string status = which.empty() ? "HTTP/1.1 200 " : "HTTP/1.1 206 ";
      CPPUNIT_ASSERT_MESSAGE(range, peer_->has(status));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(range, which, header("Content-Range"));
    };
    part("bytes=0-3", "0123", "bytes 0-3/10");
    part("bytes=9-9", "9", "bytes 9-9/10");
    part("bytes=4-", "456789", "bytes 4-9/10");
    part("bytes=4-99", "456789", "bytes 4-9/10");
    part("bytes=-3", "789", "bytes 7-9/10");
    part("bytes=-99", "0123456789", "bytes 0-9/10");
    for (const char* const whole : {"bytes=3-2", "bytes=0-1,4-5", "lines=1-2", "bytes=x-",
                                    "bytes=-", "bytes=1", "bytes=99999999999999999999-"}) {
      part(whole, "0123456789", "");
    }
    for (const char* const none : {"bytes=10-", "bytes=10-20", "bytes=-0"}) {
      peer_->forget();
      ask("/files/a.txt", std::string("Range: ") + none + "\r\n");
      expect("HTTP/1.1 416 ");
      CPPUNIT_ASSERT_EQUAL(std::string("bytes */10"), header("Content-Range"));
    }
    peer_->forget();
    ask("/files/a.txt", "Range: bytes=0-3\r\nIf-Range: \"other\"\r\n");
    expect("\r\n\r\n0123456789");
  }

  void sendsLargeFilesInParts() {
    const std::string large(24U << 20, 'x');
    write("www/large", large);
    peer_->stopReading();
    ask("/files/large");
    test::turn(*loop_, 50);
    peer_->startReading();
    CPPUNIT_ASSERT(until([&] { return peer_->received().size() > large.size(); }));
    ask("/files/a.txt");
    expect("0123456789");
    peer_->stopReading();  // it leaves in the middle
    ask("/files/large");
    test::turn(*loop_, 50);
    peer_->reset();
    CPPUNIT_ASSERT(until([this] { return server_->connections() == 0; }));
  }

  void servesAssets() {
    ask("/assets/app.js");
    expect("\r\n\r\nscript");
    CPPUNIT_ASSERT(peer_->has("Content-Type: text/javascript; charset=utf-8\r\n"));
    const std::string tag = header("Etag");
    CPPUNIT_ASSERT_EQUAL(std::size_t(42), tag.size());
    peer_->forget();
    ask("/assets/app.js", "If-None-Match: " + tag + "\r\n");
    expect("HTTP/1.1 304 ");
    ask("/assets/");
    expect("<p>asset");
    ask("/assets/app.js", "Range: bytes=2-\r\n");
    expect("\r\n\r\nript");
    ask("/assets/other");
    expect("HTTP/1.1 404 ");
  }

  void knowsContentTypes() {
    CPPUNIT_ASSERT_EQUAL(std::string("image/svg+xml"), std::string(contentTypeOf("a/b.SVG")));
    CPPUNIT_ASSERT_EQUAL(std::string("application/gzip"), std::string(contentTypeOf("a.tar.gz")));
    for (const char* const name : {"", "none", ".", "a.", "html"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("application/octet-stream"),
                           std::string(contentTypeOf(name)));
    }
  }

 private:
  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_->file(name), std::ios::binary) << content;
  }

  void ask(const std::string& path, const std::string& more = {}) {
    peer_->send("GET " + path + " HTTP/1.1\r\nHost: h\r\n" + more + "\r\n");
  }

  // Of the first reply since forget().
  std::string header(const std::string& name) const {
    const std::string& all = peer_->received();
    for (const std::string& each : {name, std::string("ETag")}) {
      if (each == "ETag" && name != "Etag") break;
      const std::size_t at = all.find("\r\n" + each + ": ");
      if (at == std::string::npos) continue;
      const std::size_t begin = at + each.size() + 4;
      return all.substr(begin, all.find("\r\n", begin) - begin);
    }
    return {};
  }

  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  void expect(std::string_view text) {
    const bool came = until([&] { return peer_->has(text); });
    CPPUNIT_ASSERT_MESSAGE(peer_->received().substr(0, 1'000), came);
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<test::TemporaryFolder> folder_;
  std::unique_ptr<WebServer> server_;
  std::unique_ptr<test::RawPeer> peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(WebFilesTest);

}  // namespace evmicro
