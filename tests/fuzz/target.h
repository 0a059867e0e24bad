#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace evmicro::fuzz {

/// Ends the process with `what` on stderr unless `holds`.
void must(bool holds, const char* what);

/// The processor time that an input may take, in a build with sanitizers. A reader whose time grows
/// faster than its input exceeds it long before the input is as long as outsiders can make it.
struct Cost {
  std::chrono::nanoseconds fixed{20'000'000};
  std::chrono::nanoseconds perByte{2'000};
};

/// A reader of bytes from outside.
struct Target {
  const char* name;  ///< also of its folder of seeds
  /// Passes `bytes`, whatever they are, to the reader. Ends the process (must()) if the reader does
  /// not keep its contract.
  void (*run)(std::string_view bytes);
  std::size_t longest = 1U << 16;  ///< length of the inputs
  Cost cost{};
};

/// All targets. Those of one area are in a file of its own.
const std::vector<Target>& targets();

/// Runs an input. Ends the process if it takes more processor time than `target.cost` allows.
void runWithinCost(const Target& target, std::string_view bytes);

// The functions behind the table.
void readConsulHealth(std::string_view bytes);
void readConsulCatalog(std::string_view bytes);
void readConsulTags(std::string_view bytes);
void inflateTag(std::string_view bytes);
void readEtcdReply(std::string_view bytes);
void readEtcdWatchLine(std::string_view bytes);
void readEtcdService(std::string_view bytes);
void readService(std::string_view bytes);
void readAgentRequest(std::string_view bytes);
void readAgentRegistration(std::string_view bytes);
void readDurations(std::string_view bytes);
void readAddresses(std::string_view bytes);
void readUrls(std::string_view bytes);
void readNatsNames(std::string_view bytes);
void readError(std::string_view bytes);
void readPrintable(std::string_view bytes);
void readJsonTexts(std::string_view bytes);
void readJsonRpc(std::string_view bytes);
void readProtoRpc(std::string_view bytes);
void readJsonPayload(std::string_view bytes);
void readBrokerMessage(std::string_view bytes);
void readHttp(std::string_view bytes);
void readConnection(std::string_view bytes);
void readCurlReply(std::string_view bytes);
void readGatewayRequest(std::string_view bytes);
void readTlsConnection(std::string_view bytes);
void readHttp2Reply(std::string_view bytes);
void readGrpcMessages(std::string_view bytes);

}  // namespace evmicro::fuzz
