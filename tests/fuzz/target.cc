#include "fuzz/target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace evmicro::fuzz {

namespace {

using std::chrono::nanoseconds;

// Not wall time: other processes must not count.
nanoseconds processorTime() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

nanoseconds timeOf(const Target& target, std::string_view bytes) {
  const nanoseconds start = processorTime();
  target.run(bytes);
  return processorTime() - start;
}

}  // namespace

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

const std::vector<Target>& targets() {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  // Through sockets, and the loop turns.
  constexpr Cost kConversation{milliseconds(200), microseconds(10)};
  // Decoded in several ways and encoded again.
  constexpr Cost kCodec{milliseconds(50), microseconds(20)};
  // Compressed: a byte becomes a thousand, 1 MiB at most.
  constexpr Cost kInflating{milliseconds(200), microseconds(10)};
  static const std::vector<Target> all = {
      {"consul_health", readConsulHealth, 1U << 16, kInflating},
      {"consul_catalog", readConsulCatalog},
      {"consul_tags", readConsulTags, 1U << 16, kInflating},
      {"inflate", inflateTag, 1U << 16, kInflating},
      {"etcd_reply", readEtcdReply},
      {"etcd_watch_line", readEtcdWatchLine},
      {"etcd_service", readEtcdService},
      {"service_json", readService},
      {"agent_request", readAgentRequest},
      {"agent_registration", readAgentRegistration},
      {"duration", readDurations, 4'096},
      {"address", readAddresses, 4'096},
      {"url", readUrls},
      {"nats_name", readNatsNames, 4'096},
      {"error_text", readError, 1U << 16, kCodec},
      {"printable", readPrintable},
      {"json_text", readJsonTexts},
      {"json_rpc", readJsonRpc, 1U << 16, kCodec},
      {"proto_rpc", readProtoRpc, 1U << 16, kCodec},
      {"json_payload", readJsonPayload, 1U << 16, kCodec},
      {"broker_message", readBrokerMessage},
      {"http_reader", readHttp, 1U << 17, kCodec},
      {"connection", readConnection, 1U << 16, kConversation},
      {"curl_reply", readCurlReply, 1U << 16, kConversation},
      {"gateway_request", readGatewayRequest, 1U << 16, kCodec},
      {"tls_connection", readTlsConnection, 1U << 15, kConversation},
      {"http2_reply", readHttp2Reply, 1U << 15, kConversation},
      {"grpc_messages", readGrpcMessages, 1U << 16, kInflating},
  };
  return all;
}

void runWithinCost(const Target& target, std::string_view bytes) {
  const auto allowed =
      target.cost.fixed + target.cost.perByte * static_cast<nanoseconds::rep>(bytes.size());
  nanoseconds least = timeOf(target, bytes);
  // A page fault or a cold cache may cost once, a slow reader costs each time.
  for (int again = 0; again < 3 && least > allowed; ++again) {
    least = std::min(least, timeOf(target, bytes));
  }
  if (least <= allowed) return;
  std::fprintf(stderr, "%s: %zu bytes cost %lld us, allowed are %lld us\n", target.name,
               bytes.size(), static_cast<long long>(least.count() / 1'000),
               static_cast<long long>(allowed.count() / 1'000));
  std::abort();
}

}  // namespace evmicro::fuzz
