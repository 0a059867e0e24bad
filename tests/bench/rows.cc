#include "bench/rows.h"

#include <algorithm>

#include "bench/geo_search.h"
#include "bench/measure.h"
#include "bench/tls.h"

namespace evmicro::bench {

namespace {

constexpr Section kCalls{"calls", "Servers of Greeter.Hello, connections kept", "call"};
constexpr Section kConnecting{"connecting", "Servers, a connection for each call", "call"};
constexpr Section kIdle{"idle", "Servers, beside 10,000 idle connections", "call"};
constexpr Section kTls{"tls", "Servers of Greeter.Hello by TLS, connections kept", "call"};
constexpr Section kHandshakes{"handshakes", "Servers, a connection by TLS for each call",
                              "handshake"};
constexpr Section kResumptions{"resumptions", "Servers, a resumed session of TLS for each call",
                               "handshake"};
constexpr Section kIdleTls{"idle-tls", "Servers, beside 2,000 idle connections by TLS", "call"};
constexpr Section kStreams{"streams", "Servers of Example.Stream", "message",
                           Section::Counts::kMessages};
constexpr Section kPings{"pings", "Servers of Example.PingPong", "ping"};
constexpr Section kClients{"clients", "Clients of Greeter.Hello", "call"};
constexpr Section kNodes{"nodes", "Clients, the service has 2,000 nodes", "call"};

constexpr Section kGateways{"gateways", "Gateways, JSON by HTTP", "request"};
constexpr Section kSockets{"websockets", "Servers, 10,000 WebSockets that wait", "handshake"};
constexpr Section kGeo{"geo", "The nearest 10 of 1,000,000 points", "search"};

#ifdef EVMICRO_BENCH_GRPC
constexpr Serve kServeByGrpc = serveByGrpc;
constexpr MakeCaller kCallByGrpc = callByGrpc;
#else
constexpr Serve kServeByGrpc = nullptr;
constexpr MakeCaller kCallByGrpc = nullptr;
#endif
#if defined EVMICRO_BENCH_GRPC && defined EVMICRO_BENCH_TLS
constexpr Serve kServeByGrpcTls = serveByGrpcTls;
#else
constexpr Serve kServeByGrpcTls = nullptr;
#endif
#ifdef EVMICRO_BENCH_NGHTTP2
constexpr Serve kServeByNghttp2 = serveByNghttp2;
#else
constexpr Serve kServeByNghttp2 = nullptr;
#endif
#ifdef EVMICRO_BENCH_THRIFT
constexpr Serve kServeByThrift = serveByThrift;
#else
constexpr Serve kServeByThrift = nullptr;
#endif

// A server, and how it is spoken to. Null: this build does not have it.
struct Peer {
  const char* name;
  Serve serve;
  std::unique_ptr<Conversation> (*talk)();
};

constexpr Peer kEpoll{"epoll", serveByEpoll, protoCalls};
constexpr Peer kBufferevent{"bufferevent", serveByBufferevent, protoCalls};
constexpr Peer kEvhttp{"evhttp", serveByEvhttp, protoCalls};
constexpr Peer kEvmicroProto{"evmicro proto", serveByEvmicro, protoCalls};
constexpr Peer kEvmicroJson{"evmicro json", serveByEvmicro, jsonCalls};
constexpr Peer kEvmicroEvhttp{"evmicro evhttp", serveByEvmicroOnEvhttp, protoCalls};
constexpr Peer kNghttp2{"nghttp2", kServeByNghttp2, grpcCalls};
constexpr Peer kNghttp2Shared{"nghttp2 shared", kServeByNghttp2, grpcCalls};
constexpr Peer kEvmicroGrpc{"evmicro grpc", serveByEvmicro, grpcCalls};
constexpr Peer kEvmicroGrpcShared{"evmicro grpc shared", serveByEvmicro, grpcCalls};
constexpr Peer kGrpc{"grpc", kServeByGrpc, grpcCalls};
constexpr Peer kGrpcShared{"grpc shared", kServeByGrpc, grpcCalls};
constexpr Peer kThrift{"thrift", kServeByThrift, thriftCalls};

#ifdef EVMICRO_BENCH_TLS
constexpr Peer kEpollTls{"epoll", serveByEpollTls, protoTlsCalls};
constexpr Peer kEvmicroTls{"evmicro proto", serveByEvmicroTls, protoTlsCalls};
constexpr Peer kGrpcTls{"grpc", kServeByGrpcTls, grpcTlsCalls};
#endif

// A handshake costs as much as thirty calls.
constexpr std::size_t kHandshakePortion = 16;

std::size_t part(std::size_t of, std::size_t parts) { return std::max<std::size_t>(of / parts, 1); }

// A call alone waits for two wake-ups: fewer of them take as long.
std::size_t share(std::size_t calls, std::size_t inFlight) {
  return part(calls, inFlight == 1 ? 4 : 1);
}

class Rows {
 public:
  // A connection for each call in flight.
  void call(const Peer& peer, std::size_t inFlight, const Section& section = kCalls) {
    add(section, peer.name, peer.serve, inFlight, [peer, inFlight](const Effort& effort) {
      return measureServer(peer.serve, load(peer, inFlight), share(effort.calls, inFlight));
    });
  }
  // All calls in flight on one connection.
  void callShared(const Peer& peer, std::size_t inFlight) {
    add(kCalls, peer.name, peer.serve, inFlight, [peer, inFlight](const Effort& effort) {
      Load shared = load(peer, 1);
      shared.slots = inFlight;
      return measureServer(peer.serve, shared, effort.calls);
    });
  }
  // Few enough calls to have a local port for each.
  void connect(const Peer& peer, std::size_t inFlight, const Section& section = kConnecting,
               std::size_t portion = 4) {
    add(section, peer.name, peer.serve, inFlight, [=](const Effort& effort) {
      Load each = load(peer, inFlight);
      each.use = Load::Connections::kOnePerCall;
      return measureServer(peer.serve, each, part(effort.calls, portion));
    });
  }
#ifdef EVMICRO_BENCH_TLS
  void resume(const Peer& peer, std::size_t inFlight) {
    add(kResumptions, peer.name, peer.serve, inFlight, [=](const Effort& effort) {
      Load each = load(peer, inFlight);
      each.use = Load::Connections::kOnePerCall;
      each.conversation = resumedProtoTlsCalls();
      return measureServer(peer.serve, each, part(effort.calls, kHandshakePortion));
    });
  }
#endif
  void callBesideIdle(const Peer& peer, std::size_t inFlight, const Section& section = kIdle,
                      std::size_t idle = kIdleConnections) {
    add(section, peer.name, peer.serve, inFlight, [=](const Effort& effort) {
      return measureBesideIdle(peer.serve, load(peer, inFlight), effort.calls, idle);
    });
  }
  // `streams` at once, each counts to its part of the messages. A stream is a call to the
  // generator.
  void stream(const char* name, Serve serve, std::unique_ptr<Conversation> (*talk)(int),
              std::size_t streams, Load::Connections use) {
    add(kStreams, name, serve, streams, [=](const Effort& effort) {
      const std::size_t count = part(effort.messages, streams);
      Load load;
      load.use = use;
      load.connections = use == Load::Connections::kKept ? 1 : streams;
      load.slots = streams / load.connections;
      load.conversation = [=] { return talk(static_cast<int>(count)); };
      Sample sample = measureServer(serve, load, streams, count);
      sample.p50 = sample.p99 = 0;  // of whole streams: they say nothing about messages
      return sample;
    });
  }
  void ping(const Peer& peer, std::size_t streams) {
    add(kPings, peer.name, peer.serve, streams, [peer, streams](const Effort& effort) {
      return measureServer(peer.serve, load(peer, streams), share(effort.calls, streams));
    });
  }
  void callBy(const char* name, MakeCaller make, std::size_t inFlight,
              Serve serve = serveByEpollEverywhere) {
    add(kClients, name, make, inFlight, [=](const Effort& effort) {
      return measureCaller(make, serve, inFlight, 1, share(effort.calls, inFlight));
    });
  }
  void callManyBy(const char* name, MakeCaller make, std::size_t inFlight) {
    add(kNodes, name, make, inFlight, [=](const Effort& effort) {
      return measureCaller(make, serveByEpollEverywhere, inFlight, kManyNodes, effort.calls);
    });
  }

  void pass(const char* name, Pass gateway, Serve backend, std::size_t inFlight) {
    add(kGateways, name, gateway, inFlight, [=](const Effort& effort) {
      Load load;
      load.connections = inFlight;
      load.conversation = greetings;
      return measureGateway(gateway, backend, load, effort.calls);
    });
  }
  void open(const char* name, Serve serve, std::size_t count) {
    add(kSockets, name, serve, count, [=](const Effort&) {
      Load load;
      load.conversation = webSockets;
      return measureOpened(serve, load, count);
    });
  }
  void search(const char* name, Search how) {
    add(kGeo, name, how, 1,
        [=](const Effort& effort) { return measureSearch(how, kGeoPoints, effort.calls); });
  }

  std::vector<Row> take() { return std::move(rows_); }

 private:
  static Load load(const Peer& peer, std::size_t connections) {
    Load load;
    load.connections = connections;
    load.conversation = peer.talk;
    return load;
  }

  template <typename Function>
  void add(const Section& section, const char* peer, Function* present, std::size_t inFlight,
           std::function<Sample(const Effort&)> measure) {
    if (present) rows_.push_back({&section, peer, inFlight, std::move(measure)});
  }

  std::vector<Row> rows_;
};

void addServers(Rows& rows) {
  for (const std::size_t inFlight : {1, 16, 64}) {
    for (const Peer& peer : {kEpoll, kBufferevent, kEvhttp, kEvmicroProto, kEvmicroJson,
                             kEvmicroEvhttp, kNghttp2, kEvmicroGrpc, kThrift, kGrpc}) {
      rows.call(peer, inFlight);
    }
    if (inFlight == 1) continue;
    rows.callShared(kNghttp2Shared, inFlight);
    rows.callShared(kEvmicroGrpcShared, inFlight);
    rows.callShared(kGrpcShared, inFlight);
  }
  for (const Peer& peer : {kBufferevent, kEvhttp, kEvmicroProto, kEvmicroEvhttp}) {
    rows.connect(peer, 16);
  }
  for (const Peer& peer :
       {kBufferevent, kEvhttp, kEvmicroProto, kNghttp2, kEvmicroGrpc, kThrift, kGrpc}) {
    rows.callBesideIdle(peer, 64);
  }
}

#ifdef EVMICRO_BENCH_TLS
void addTls(Rows& rows) {
  tlsFiles();  // the servers, which are forked, must have those of this process
  for (const Peer& peer : {kEpollTls, kEvmicroTls, kGrpcTls}) {
    rows.call(peer, 64, kTls);
    rows.connect(peer, 16, kHandshakes, kHandshakePortion);
    rows.callBesideIdle(peer, 64, kIdleTls, kIdleTlsConnections);
  }
  for (const Peer& peer : {kEpollTls, kEvmicroTls}) rows.resume(peer, 16);
}
#endif

void addStreams(Rows& rows) {
  using Connections = Load::Connections;
  for (const std::size_t streams : {1, 64}) {
    rows.stream("bufferevent", streamByBufferevent, protoStream, streams, Connections::kOnePerCall);
    rows.stream("evmicro proto", serveByEvmicro, protoStream, streams, Connections::kOnePerCall);
    rows.stream("evmicro grpc", serveByEvmicro, grpcStream, streams, Connections::kOnePerCall);
    rows.stream("grpc", kServeByGrpc, grpcStream, streams, Connections::kOnePerCall);
    if (streams > 1) {
      rows.stream("evmicro grpc shared", serveByEvmicro, grpcStream, streams, Connections::kKept);
      rows.stream("grpc shared", kServeByGrpc, grpcStream, streams, Connections::kKept);
    }
    rows.ping({"evmicro proto", serveByEvmicro, protoPings}, streams);
    rows.ping({"evmicro grpc", serveByEvmicro, grpcPings}, streams);
    rows.ping({"grpc", kServeByGrpc, grpcPings}, streams);
  }
}

void addClients(Rows& rows) {
  for (const std::size_t inFlight : {1, 16, 64}) {
    rows.callBy("bufferevent", callByBufferevent, inFlight);
    rows.callBy("evmicro proto", callByEvmicro, inFlight);
    // Both on the same server.
    rows.callBy("evmicro grpc", callByEvmicroGrpc, inFlight, serveByEvmicro);
    rows.callBy("grpc", kCallByGrpc, inFlight, serveByEvmicro);
  }
  rows.callManyBy("bufferevent", callByBufferevent, 64);
  rows.callManyBy("evmicro proto", callByEvmicro, 64);
}

void addGateways(Rows& rows) {
  rows.pass("bufferevent", passByBufferevent, serveGreetings, 64);
  rows.pass("nginx", haveNginx() ? passByNginx : nullptr, serveGreetings, 64);
  rows.pass("evmicro api proxy", passByEvmicro, serveGreetings, 64);
  rows.pass("evmicro api rpc", callByEvmicroApi, serveByEvmicro, 64);
  rows.open("evmicro web server", serveWebSockets, kWebSockets);
}

void addGeo(Rows& rows) {
  rows.search("bare grid", searchBareGrid);
  rows.search("geo-srv", searchGeoIndex);
}

}  // namespace

std::vector<Row> makeRows() {
  Rows rows;
  addServers(rows);
#ifdef EVMICRO_BENCH_TLS
  addTls(rows);
#endif
  addStreams(rows);
  addClients(rows);
  addGateways(rows);
  addGeo(rows);
  return rows.take();
}

std::vector<LeftOut> leftOut() {
  std::vector<LeftOut> out;
  const auto need = [&out](Serve serve, const char* peer, const char* packages) {
    if (!serve) out.push_back({peer, std::string("configure has not found it: ") + packages});
  };
  need(kServeByGrpc, "grpc", "libgrpc++-dev, protobuf-compiler-grpc");
  if (!haveNginx()) out.push_back({"nginx", "not installed: nginx"});
  need(kServeByThrift, "thrift", "libthrift-dev, libboost-dev, thrift-compiler");
  return out;
}

std::vector<double> figures(const Row& row, double Sample::*figure) {
  std::vector<double> values;
  for (const Sample& sample : row.samples) values.push_back(sample.*figure);
  return values;
}

const Row* beside(const std::vector<Row>& rows, const Row& row, const std::string& peer) {
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
    return other.section == row.section && other.inFlight == row.inFlight && other.peer == peer;
  });
  return at == rows.end() ? nullptr : &*at;
}

const Row* plain(const std::vector<Row>& rows, const Row& row) {
  const Section* const section = row.section == &kNodes     ? &kClients
                                 : row.section == &kIdleTls ? &kTls
                                                            : &kCalls;
  if (row.section == section || row.section == &kClients || row.section == &kStreams) {
    return nullptr;
  }
  const auto at = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
    return other.section == section && other.inFlight == row.inFlight && other.peer == row.peer;
  });
  return at == rows.end() ? nullptr : &*at;
}

}  // namespace evmicro::bench
