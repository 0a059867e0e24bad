#pragma once

#include <memory>
#include <string>
#include <vector>

namespace evmicro::soak {

/// A certificate for services, and who has signed it, as files that go with this object. Built
/// without TLS there are none.
class TlsFiles {
 public:
  TlsFiles();
  ~TlsFiles();

  /// What makes a service speak TLS.
  std::vector<std::string> serverFlags() const;
  /// Whom a client trusts.
  std::string caFile() const;

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

}  // namespace evmicro::soak
