#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <evmicro/event_loop.h>
#include <evmicro/timer.h>

#include "event/deadlines.h"
#include "event/handles.h"
#include "http/admission.h"
#include "http/evhttp_acceptor.h"
#include "http/evhttp_gate.h"
#include "http/lingering_close.h"
#include "http/memory_budget.h"
#include "http/server.h"
#include "net/tls.h"

namespace evmicro::detail {

/// The implementation of an HttpServer: the evhttp, its acceptor and its connections. It lives
/// until the callbacks of evhttp that are on the stack have returned.
class HttpServerCore {
 public:
  static Result<std::shared_ptr<HttpServerCore>> open(EventLoop& loop, std::string_view address,
                                                      HttpServerOptions options,
                                                      HttpServer::Observer& observer);
  HttpServerCore(const HttpServerCore&) = delete;
  HttpServerCore& operator=(const HttpServerCore&) = delete;
  ~HttpServerCore();

  EventLoop& loop() noexcept { return loop_; }
  const HttpServerOptions& options() const noexcept { return options_; }
  /// Null: no TLS.
  TlsServer* tls() noexcept { return tls_.get(); }
  /// Null once the server has been destroyed.
  HttpServer::Observer* observer() noexcept { return observer_; }
  MemoryBudget& memory() noexcept { return memory_; }
  Admission& admission() noexcept { return admission_; }
  EvhttpAcceptor& acceptor() noexcept { return *acceptor_; }
  std::size_t connections() const noexcept { return connections_.size() + lingering_.size(); }
  std::size_t awaited() const noexcept;
  std::uint64_t accepted() const noexcept { return accepted_; }
  const HttpRefusals& refusals() const noexcept { return refusals_; }

  /// When the peers' rates of reading are measured.
  detail::Deadlines& rates() noexcept { return rates_; }
  void noteSlowReader() noexcept { ++slowReaders_; }
  std::uint64_t slowReaders() const noexcept { return slowReaders_; }

  /// The server has been destroyed: closes all connections.
  void shutDown();

  /// Limits the time from the first byte of a message to its last.
  using Deadlines = EvhttpGate::Deadlines;
  Deadlines::iterator startDeadline(EvhttpGate& connection);
  void stopDeadline(Deadlines::iterator deadline) { deadlines_.erase(deadline); }

  /// evhttp is freeing the connection: destroys our object for it.
  void forget(bufferevent* stream) { connections_.erase(stream); }
  /// Answers on a connection that has been taken from evhttp, and closes it. `headers`: of the
  /// refused POST, if known.
  void refuse(evhttp_connection* connection, const HttpRefusal& refusal, const Metadata* headers);

 private:
  HttpServerCore(EventLoop& loop, HttpServerOptions options, std::shared_ptr<TlsServer> tls,
                 HttpServer::Observer& observer);
  void configure();
  void adoptFresh();
  void onDeadline();
  static bufferevent* onAccept(event_base* base, void* self) noexcept;
  static void onFresh(evutil_socket_t fd, short what, void* self) noexcept;
  static void onRequest(evhttp_request* request, void* self) noexcept;

  EventLoop& loop_;
  const std::shared_ptr<TlsServer> tls_;  // with its connections
  const HttpServerOptions options_;
  HttpServer::Observer* observer_;
  MemoryBudget memory_;
  Admission admission_;
  detail::Deadlines rates_;
  EvHttp http_;
  std::unordered_map<bufferevent*, std::unique_ptr<EvhttpGate>> connections_;
  std::vector<bufferevent*> fresh_;  // accepted in this turn; holds a reference to each
  std::list<std::unique_ptr<LingeringClose>> lingering_;
  std::list<std::unique_ptr<LingeringClose>> turnedAway_;  // above the limit; not counted
  std::uint64_t accepted_ = 0;
  std::uint64_t slowReaders_ = 0;
  HttpRefusals refusals_;
  Deadlines deadlines_;  // all are equally long, so they expire in order
  Timer deadlineTimer_;
  EventHandle freshEvent_;
  std::unique_ptr<EvhttpAcceptor> acceptor_;  // destroyed before http_
};

}  // namespace evmicro::detail
