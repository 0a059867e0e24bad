#pragma once

#include <memory>
#include <string>

#include "bench/conversation.h"

// What the rows of TLS need beside their plain ones.
namespace evmicro::bench {

/// PEM files of a server for 127.0.0.1 (ECDSA, P-256) and of its authority. They are made at the
/// first call and removed when the process ends that has made them.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string authority;
};
const TlsFiles& tlsFiles();

/// Conversations by TLS 1.3 that verify the server: Greeter.Hello, each connection with a handshake
/// of its own.
std::unique_ptr<Conversation> protoTlsCalls();
std::unique_ptr<Conversation> grpcTlsCalls();
/// Makes the first of them for a server that resumes sessions: std::runtime_error when it does not.
MakeConversation resumedProtoTlsCalls();

}  // namespace evmicro::bench
