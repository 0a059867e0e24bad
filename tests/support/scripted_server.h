#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <evmicro/event_loop.h>

namespace evmicro::test {

/// An HTTP server that answers with exactly the bytes that a test gives it, right or wrong. It
/// listens on a free port of loopback, turns in the test's loop, and keeps what it was sent.
class ScriptedServer {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::string head;  ///< all header lines as they came
    std::string body;
    int connection = 0;  ///< counted from 1

    /// The value of the header `name`, as written; empty when there is none.
    std::string header(const std::string& name) const;
  };
  enum class Then { kKeep, kClose };
  struct Reply {
    std::string bytes;  ///< empty: never answers
    Then then = Then::kKeep;
    /// When positive: a byte at a time, with this pause before each.
    std::chrono::milliseconds pause{0};
  };
  using Script = std::function<Reply(const Request&)>;

  /// `port` 0: a free one.
  explicit ScriptedServer(EventLoop& loop, Script script, int port = 0);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  /// `127.0.0.1:port`
  std::string address() const;
  int port() const;
  const std::vector<Request>& requests() const;
  int accepted() const;  ///< connections ever
  int open() const;      ///< connections now
  int resets() const;    ///< connections that the other side has reset
  void closeConnections();
  /// More bytes, unasked for, on a connection that is open (see Request::connection).
  void send(int connection, const std::string& bytes);

  /// A whole reply with its Content-Length.
  static Reply reply(int status, const std::string& body, const std::string& headers = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evmicro::test
