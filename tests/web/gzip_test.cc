// Replies that are compressed, and those that are not.
#include <evmicro/compressed.h>

#include <array>
#include <memory>
#include <string>

#include <cppunit/extensions/HelperMacros.h>
#include <zlib.h>

#include <evmicro/event_loop.h>

#include "http/raw_peer.h"
#include "web/gzip.h"

namespace evmicro {

class GzipTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GzipTest);
  CPPUNIT_TEST(readsAcceptEncoding);
  CPPUNIT_TEST(knowsWhatIsWorthIt);
  CPPUNIT_TEST(compressesWhatIsLargeEnough);
  CPPUNIT_TEST(onlyForClientsThatAcceptIt);
  CPPUNIT_TEST(entityTagsBecomeWeak);
  CPPUNIT_TEST(streamedPartsCanBeReadAtOnce);
  CPPUNIT_TEST(announcedLengthsStay);
  CPPUNIT_TEST(headHasTheSameHeaders);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    loop_ = std::make_unique<EventLoop>();
    WebServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = std::make_unique<WebServer>(*loop_, options);
    server_->handle("GET", "/{size}", compressed([this](const WebRequest& request, WebReply reply) {
                      reply.send(200, headers_,
                                 std::string(std::stoul(request.params.at("size")), 'x'));
                    }));
    server_->handle("GET", "/held/", compressed([this](const WebRequest&, WebReply reply) {
                      held_ = std::make_unique<WebReply>(std::move(reply));
                    }));
    CPPUNIT_ASSERT(server_->start().ok());
    peer_ = std::make_unique<test::RawPeer>(*loop_, server_->address());
    headers_ = {{"Content-Type", "text/plain"}};
  }

  void tearDown() override {
    held_.reset();
    peer_.reset();
    server_.reset();
    loop_.reset();
  }

  void readsAcceptEncoding() {
    for (const char* const yes :
         {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.1", "br, gzip ; q=1", "*", "*;q=0, gzip"}) {
      CPPUNIT_ASSERT_MESSAGE(yes, detail::acceptsGzip({{"Accept-Encoding", yes}}));
    }
    for (const char* const no :
         {"", "br", "gzip;q=0", "gzip; q=0.000", "gzip;q=0, *", "*;q=0", "gzipped", "identity"}) {
      CPPUNIT_ASSERT_MESSAGE(no, !detail::acceptsGzip({{"Accept-Encoding", no}}));
    }
    CPPUNIT_ASSERT(!detail::acceptsGzip({}));
  }

  void knowsWhatIsWorthIt() {
    for (const char* const type :
         {"text/html; charset=utf-8", "text/event-stream", "application/json",
          "application/problem+json", "image/svg+xml", "text/javascript", "application/wasm"}) {
      CPPUNIT_ASSERT_MESSAGE(type, detail::isCompressible({{"content-type", type}}));
    }
    for (const char* const type : {"image/png", "application/octet-stream", "application/gzip"}) {
      CPPUNIT_ASSERT_MESSAGE(type, !detail::isCompressible({{"Content-Type", type}}));
    }
    CPPUNIT_ASSERT(!detail::isCompressible({}));
    for (const WebFields::value_type& other :
         {WebFields::value_type("Content-Encoding", "br"),
          WebFields::value_type("Content-Range", "bytes 0-1/2"),
          WebFields::value_type("Cache-Control", "public, no-transform")}) {
      CPPUNIT_ASSERT(!detail::isCompressible({{"Content-Type", "text/html"}, other}));
    }
  }

  void compressesWhatIsLargeEnough() {
    ask("GET /1023");
    CPPUNIT_ASSERT(until([this] { return peer_->has(std::string(1'023, 'x')); }));
    CPPUNIT_ASSERT(!peer_->has("Content-Encoding"));
    CPPUNIT_ASSERT(peer_->has("Vary: Accept-Encoding\r\n"));
    for (const std::size_t size : {1'024, 5'000'000}) {
      peer_->forget();
      ask("GET /" + std::to_string(size));
      CPPUNIT_ASSERT(until([this] { return complete(); }));
      CPPUNIT_ASSERT(peer_->has("Content-Encoding: gzip\r\n"));
      CPPUNIT_ASSERT(peer_->has("Vary: Accept-Encoding\r\n"));
      CPPUNIT_ASSERT(body().size() < size / 10);
      CPPUNIT_ASSERT(std::string(size, 'x') == unpacked(body()));
    }
  }

  void onlyForClientsThatAcceptIt() {
    ask("GET /2000", "br");
    CPPUNIT_ASSERT(until([this] { return peer_->has(std::string(2'000, 'x')); }));
    CPPUNIT_ASSERT(peer_->has("Vary: Accept-Encoding\r\n"));
    headers_ = {{"Content-Type", "image/png"}};
    peer_->forget();
    ask("GET /2000");
    CPPUNIT_ASSERT(until([this] { return peer_->has(std::string(2'000, 'x')); }));
    CPPUNIT_ASSERT(!peer_->has("Vary"));
  }

  void entityTagsBecomeWeak() {
    headers_.emplace_back("ETag", "\"a\"");
    ask("GET /2000");
    CPPUNIT_ASSERT(until([this] { return complete(); }));
    CPPUNIT_ASSERT(peer_->has("ETag: W/\"a\"\r\n"));
    headers_.back().second = "W/\"b\"";
    peer_->forget();
    ask("GET /2000");
    CPPUNIT_ASSERT(until([this] { return complete(); }));
    CPPUNIT_ASSERT(peer_->has("ETag: W/\"b\"\r\n"));
  }

  void streamedPartsCanBeReadAtOnce() {
    ask("GET /held/");
    CPPUNIT_ASSERT(until([this] { return held_ != nullptr; }));
    held_->begin(200, {{"Content-Type", "text/event-stream"}});
    held_->write("data: 1\n\n");
    CPPUNIT_ASSERT(until([this] { return unpacked(chunks()) == "data: 1\n\n"; }));
    held_->write("data: 2\n\n");
    CPPUNIT_ASSERT(until([this] { return unpacked(chunks()) == "data: 1\n\ndata: 2\n\n"; }));
    held_->end();
    CPPUNIT_ASSERT(until([this] { return peer_->has("\r\n0\r\n\r\n"); }));
    CPPUNIT_ASSERT(peer_->has("Content-Encoding: gzip\r\n"));
    CPPUNIT_ASSERT_EQUAL(std::string("data: 1\n\ndata: 2\n\n"), unpacked(chunks()));
    CPPUNIT_ASSERT(ended_);
  }

  void announcedLengthsStay() {
    ask("GET /held/");
    CPPUNIT_ASSERT(until([this] { return held_ != nullptr; }));
    held_->begin(200, {{"Content-Type", "text/plain"}}, 4);
    held_->write("text");
    held_->end();
    CPPUNIT_ASSERT(until([this] { return peer_->has("\r\n\r\ntext"); }));
    CPPUNIT_ASSERT(!peer_->has("gzip"));
  }

  void headHasTheSameHeaders() {
    ask("GET /2000");
    CPPUNIT_ASSERT(until([this] { return complete(); }));
    const std::string head = peer_->received().substr(0, peer_->received().find("\r\n\r\n") + 4);
    peer_->forget();
    ask("HEAD /2000");
    CPPUNIT_ASSERT(until([this] { return peer_->has("\r\n\r\n"); }));
    CPPUNIT_ASSERT_EQUAL(head, peer_->received());
  }

 private:
  bool until(const std::function<bool()>& done) { return test::runUntil(*loop_, done); }

  void ask(const std::string& line, const std::string& encodings = "gzip") {
    peer_->send(line + " HTTP/1.1\r\nHost: h\r\nAccept-Encoding: " + encodings + "\r\n\r\n");
  }

  std::string body() const {
    const std::size_t end = peer_->received().find("\r\n\r\n");
    return end == std::string::npos ? "" : peer_->received().substr(end + 4);
  }

  bool complete() const {
    const std::string& all = peer_->received();
    const std::size_t at = all.find("Content-Length: ");
    return at != std::string::npos && all.find("\r\n\r\n") != std::string::npos &&
           body().size() == std::stoul(all.substr(at + 16));
  }

  // What has come of a chunked body.
  std::string chunks() const {
    std::string rest = body();
    std::string all;
    for (;;) {
      const std::size_t end = rest.find("\r\n");
      if (end == std::string::npos) return all;
      const std::size_t size = std::stoul(rest, nullptr, 16);
      if (size == 0 || rest.size() < end + 4 + size) return all;
      all += rest.substr(end + 2, size);
      rest.erase(0, end + 4 + size);
    }
  }

  std::string unpacked(std::string packed) {
    z_stream stream{};
    CPPUNIT_ASSERT_EQUAL(Z_OK, inflateInit2(&stream, 15 + 16));
    stream.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string all;
    std::array<char, 4'096> block;
    int outcome = Z_OK;
    while (outcome == Z_OK) {
      stream.next_out = reinterpret_cast<Bytef*>(block.data());
      stream.avail_out = static_cast<uInt>(block.size());
      outcome = inflate(&stream, Z_SYNC_FLUSH);
      all.append(block.data(), block.size() - stream.avail_out);
    }
    ended_ = outcome == Z_STREAM_END;
    inflateEnd(&stream);
    return all;
  }

  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<WebServer> server_;
  std::unique_ptr<test::RawPeer> peer_;
  std::unique_ptr<WebReply> held_;
  WebFields headers_;
  bool ended_ = false;
};

CPPUNIT_TEST_SUITE_REGISTRATION(GzipTest);

}  // namespace evmicro
