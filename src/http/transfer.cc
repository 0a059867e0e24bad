#include "http/transfer.h"
#include "net/host_port.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <system_error>

#include <strings.h>

namespace evmicro::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectTimeout{5'000};
constexpr std::size_t kMaxHeaderBytes = 64U << 10;

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode code = curl().curl_easy_setopt(easy, option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw std::runtime_error(
        std::string("evmicro: libcurl is too old or was built without HTTP: ") +
        curl().curl_easy_strerror(code));
  }
}

void append(CurlList& list, const std::string& line) {
  curl_slist* const longer = curl().curl_slist_append(list.get(), line.c_str());
  if (!longer) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string partOf(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl().curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const CurlText owned(text);
  return text;
}

bool sameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool hasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

// Not names such as "SSL" and "OpenSSL".
std::string uncapitalised(std::string text) {
  const auto isUpper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const std::string word = text.substr(0, text.find(' '));
  const bool isName = std::count_if(word.begin(), word.end(), isUpper) > 1;
  if (!isName && isUpper(text[0])) text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace

Status checkRequest(const HttpClientRequest& request) {
  if (request.method.empty() || hasControl(request.method)) {
    return Status::invalid("HTTP method missing or with control characters");
  }
  for (const std::string& line : request.headers) {
    if (!hasControl(line) && line.find(':') != std::string::npos) continue;
    const std::string name = line.substr(0, line.find(':'));
    return Status::invalid("HTTP header " + (hasControl(name) ? std::string() : name + " ") +
                           "is malformed or has control characters");
  }
  return {};
}

HttpTransfer::HttpTransfer(HttpClientRequest request, const TlsOptions& tls)
    : request_(std::move(request)), easy_(curl().curl_easy_init()) {
  if (!easy_) throw std::bad_alloc();
  configure();
  configureMethod();
  findName();
  if (request_.url.rfind("https://", 0) == 0) configureTls(tls);
}

void HttpTransfer::configure() {
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_ERRORBUFFER, error_.data());
  set(easy, CURLOPT_URL, request_.url.c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  if (!request_.socketPath.empty()) {
    set(easy, CURLOPT_UNIX_SOCKET_PATH, request_.socketPath.c_str());
  }
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Otherwise a proxy from the environment would be used even for 127.0.0.1.
  set(easy, CURLOPT_NOPROXY, "*");
  set(easy, CURLOPT_NOSIGNAL, 1L);  // no SIGALRM
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
  set(easy, CURLOPT_HEADERFUNCTION, &HttpTransfer::onHeader);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy, CURLOPT_WRITEFUNCTION, &HttpTransfer::onBody);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

// An invalid URL is left to libcurl, which reports it.
void HttpTransfer::findName() {
  if (!request_.socketPath.empty()) return;
  const CurlUrl url(curl().curl_url());
  if (!url || curl().curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), 0) != CURLUE_OK)
    return;
  const std::string host = partOf(url.get(), CURLUPART_HOST);
  const int port = std::atoi(partOf(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
  const bool digits = host.substr(0, 1) == "[" || SocketAddress::ofLiteral(host, 0);
  if (!host.empty() && !digits) name_ = HostAndPort{host, static_cast<std::uint16_t>(port)};
}

void HttpTransfer::connectTo(const ResolvedAddresses& addresses) {
  std::string line = name_->host + ":" + std::to_string(name_->port) + ":";
  for (const SocketAddress& address : addresses) {
    if (line.back() != ':') line += ',';
    line += bracketed(address.host());
  }
  append(resolved_, line);
  set(easy_.get(), CURLOPT_RESOLVE, resolved_.get());
}

void HttpTransfer::configureTls(const TlsOptions& tls) {
  CURL* const easy = easy_.get();
  // The given authorities replace the system's.
  if (!tls.caFile.empty() || !tls.caPath.empty()) {
    set(easy, CURLOPT_CAINFO, tls.caFile.empty() ? nullptr : tls.caFile.c_str());
    set(easy, CURLOPT_CAPATH, tls.caPath.empty() ? nullptr : tls.caPath.c_str());
  }
  if (!tls.certificate.empty()) set(easy, CURLOPT_SSLCERT, tls.certificate.c_str());
  if (!tls.key.empty()) set(easy, CURLOPT_SSLKEY, tls.key.c_str());
  if (tls.verify == TlsOptions::Verify::kNothing) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!tls.serverName.empty()) expectName(tls.serverName);
}

// libcurl checks the certificate for the name in the URL: so the URL gets `name`, and the
// connection still goes to the original host.
void HttpTransfer::expectName(const std::string& name) {
  const std::size_t start = request_.url.find("://") + 3;
  const std::size_t end = std::min(request_.url.find('/', start), request_.url.size());
  const std::string authority = request_.url.substr(start, end - start);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  const std::string port = colon == std::string::npos ? "" : authority.substr(colon);
  append(connectTo_, "::" + authority + (port.empty() ? ":" : ""));
  set(easy_.get(), CURLOPT_CONNECT_TO, connectTo_.get());
  set(easy_.get(), CURLOPT_URL, ("https://" + name + port + request_.url.substr(end)).c_str());
}

void HttpTransfer::configureMethod() {
  CURL* const easy = easy_.get();
  if (request_.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (request_.method != "GET" || !request_.body.empty()) {
    // Not CURLOPT_UPLOAD: a body in memory can be sent again if a pooled connection turns out to be
    // dead.
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request_.body.data());
    set(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  // A name without a value removes a header that libcurl would add; a later line wins.
  append(headers_, "Expect:");
  append(headers_, "Accept:");
  const auto isType = [](const std::string& line) {
    return sameName(std::string_view(line).substr(0, line.find(':')), "Content-Type");
  };
  const auto& lines = request_.headers;
  if (std::none_of(lines.begin(), lines.end(), isType)) append(headers_, "Content-Type:");
  for (const std::string& line : lines) append(headers_, line);
  set(easy, CURLOPT_HTTPHEADER, headers_.get());
}

std::size_t HttpTransfer::onHeader(char* data, std::size_t, std::size_t size, void* self) noexcept {
  return static_cast<HttpTransfer*>(self)->acceptHeader({data, size}) ? size : 0;
}

std::size_t HttpTransfer::onBody(char* data, std::size_t, std::size_t size, void* self) noexcept {
  // libcurl treats any other number as an error, and may pass an empty block.
  return static_cast<HttpTransfer*>(self)->acceptBody({data, size}) ? size : size + 1;
}

bool HttpTransfer::acceptHeader(std::string_view line) {
  headerBytes_ += line.size();
  if (headerBytes_ > kMaxHeaderBytes) return false;
  const std::size_t colon = line.find(':');
  if (line.substr(0, 5) == "HTTP/") {
    reply_.headers.clear();  // the headers so far belong to a 1xx reply
    headersComplete_ = false;
  } else if (trim(line).empty()) {
    headersComplete_ = true;
  } else if (colon != std::string_view::npos) {
    reply_.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return true;
}

bool HttpTransfer::acceptBody(std::string_view data) {
  if (data.size() > request_.maxReplyBytes - reply_.body.size()) return false;
  reply_.body.append(data);
  return true;
}

bool HttpTransfer::succeeding() const {
  long status = 0;
  curl().curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return headersComplete_ && status == 200;
}

Result<HttpClientReply> HttpTransfer::finish(CURLcode code) {
  if (code != CURLE_OK) return errorOf(code);
  // libcurl accepts a connection that closes within the headers as a complete reply without a body.
  if (!headersComplete_) return errorOf(CURLE_PARTIAL_FILE);
  long status = 0;
  curl().curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 100 || status > 999) return errorOf(CURLE_WEIRD_SERVER_REPLY);  // `HTTP/200 OK`
  reply_.status = static_cast<int>(status);
  return std::move(reply_);
}

Status HttpTransfer::errorOf(CURLcode code) const {
  long sentBytes = 0;
  curl().curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &sentBytes);
  const bool sent = sentBytes > 0;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return timedOut(sent);
    case CURLE_WRITE_ERROR:
      if (headerBytes_ > kMaxHeaderBytes) {
        return Status::internal("headers of the reply are larger than " +
                                std::to_string(kMaxHeaderBytes) + " bytes");
      }
      return Status::internal("reply is larger than " + std::to_string(request_.maxReplyBytes) +
                              " bytes");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      // The second is also used for a reply that is not HTTP.
      return sent ? Status::internal("not an HTTP/1.x reply") : Status::invalid(describe(code));
    case CURLE_WEIRD_SERVER_REPLY: return Status::internal("not an HTTP/1.x reply");
    case CURLE_GOT_NOTHING: return Status::internal("connection closed without a reply");
    case CURLE_PARTIAL_FILE:
      return Status::internal("connection closed in the middle of the reply");
    default: return sent ? Status::internal(describe(code)) : Status::unavailable(describe(code));
  }
}

Status HttpTransfer::timedOut(bool sent) const {
  if (sent) {
    return Status::timeout("no reply within " + std::to_string(request_.timeout.count()) + "ms");
  }
  return Status::unavailable("no connection within " +
                             std::to_string(std::min(request_.timeout, kConnectTimeout).count()) +
                             "ms");
}

std::string HttpTransfer::describe(CURLcode code) const {
  long systemError = 0;
  curl().curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &systemError);
  if (code == CURLE_COULDNT_CONNECT && systemError != 0) {
    return uncapitalised(std::generic_category().message(static_cast<int>(systemError)));
  }
  return uncapitalised(error_[0] != '\0' ? error_.data() : curl().curl_easy_strerror(code));
}

}  // namespace evmicro::detail
