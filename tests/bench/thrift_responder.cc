// Thrift's TNonblockingServer: one I/O thread, which runs the handlers too, without a thread
// manager.
#include <thrift/TProcessor.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/server/TNonblockingServer.h>
#include <thrift/transport/TNonblockingServerSocket.h>

#include <memory>

#include "bench/responders.h"
#include "bench/thrift/Greeter.h"

namespace evmicro::bench {

namespace {

namespace thrift = apache::thrift;

class GreeterHandler final : public thrift_greeter::GreeterIf {
  void Hello(thrift_greeter::HelloResponse& response,
             const thrift_greeter::HelloRequest& request) override {
    response.__set_greeting("Hello " + request.name);
  }
};

class Started final : public thrift::server::TServerEventHandler {
 public:
  explicit Started(std::function<void()> started) : started_(std::move(started)) {}
  void preServe() override { started_(); }

 private:
  std::function<void()> started_;
};

}  // namespace

void serveByThrift(const Listening& listening) {
  thrift::GlobalOutput.setOutputFunction([](const char*) {});  // it tells of its threads
  const auto socket = std::make_shared<thrift::transport::TNonblockingServerSocket>("127.0.0.1", 0);
  thrift::server::TNonblockingServer server(
      std::make_shared<thrift_greeter::GreeterProcessor>(std::make_shared<GreeterHandler>()),
      std::make_shared<thrift::protocol::TBinaryProtocolFactory>(), socket);
  server.setServerEventHandler(
      std::make_shared<Started>([&] { listening(socket->getListenPort()); }));
  server.serve();
}

}  // namespace evmicro::bench
