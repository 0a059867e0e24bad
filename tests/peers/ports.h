#pragma once

#include <memory>
#include <string>
#include <vector>

#include "integration/greeter_process.h"
#include "support/agent_process.h"
#include "support/process.h"

namespace evmicro::test {

/// A port of the product and one request to it that has an effect.
struct PeerPort {
  std::string name;
  std::string address;
  std::string method;
  std::string path;
  std::string body;        ///< JSON
  std::string answer;      ///< its body
  bool continues = false;  ///< answers `Expect: 100-continue`

  std::string url() const { return "http://" + address + path; }
};

/// Every port on which others may speak HTTP, as processes: the agent, services over the transports
/// http and evhttp, and the inbox of a broker.
class PeerPorts {
 public:
  PeerPorts();

  const std::string& registry() const noexcept { return agent_.address(); }
  /// By --transport http or evhttp.
  ServiceProcess& greeter(const std::string& transport);
  /// What the subscriber has printed.
  Process& subscriber() noexcept { return subscriber_; }
  /// Of the greeters alone.
  std::vector<PeerPort> rpc() const;
  PeerPort inbox() const;
  PeerPort agent() const;
  std::vector<PeerPort> all() const;

 private:
  AgentProcess agent_;
  ServiceProcess http_;
  ServiceProcess evhttp_;
  Process subscriber_;
  std::string inboxAddress_;
  std::string subscription_;
};

/// A call of Greeter.Hello by json-rpc, and its answer.
extern const char kHelloCall[];
extern const char kHelloAnswer[];

}  // namespace evmicro::test
