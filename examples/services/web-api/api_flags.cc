#include "api_flags.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>

namespace web {

using evmicro::Result;
using evmicro::Status;

std::vector<evmicro::Flag> ApiFlags::with(std::vector<evmicro::Flag> others) {
  others.push_back({name_ + "_url", "Base address of the API", &url_});
  others.push_back({name_ + "_ca",
                    "CA certificates trusted for the API: a PEM file, or a folder (the system's)",
                    &ca_});
  return others;
}

Result<WebApi::Options> ApiFlags::options() const {
  const auto base = baseOf(url_);
  if (!base.ok()) return Status(base.status()).withContext("--" + name_ + "_url");
  const auto tls = trustIn(ca_);
  if (!tls.ok()) return Status(tls.status()).withContext("--" + name_ + "_ca");
  WebApi::Options options;
  options.base = *base;
  options.tls = *tls;
  return options;
}

WebApi::Options ApiFlags::optionsOrExit(const char* program) const {
  auto found = options();
  if (found.ok()) return std::move(*found);
  std::cerr << program << ": " << found.status().detail() << '\n';
  std::exit(2);
}

// A request to what is none could go to any host, with its secrets: libcurl takes much for a URL.
Result<std::string> baseOf(const std::string& url) {
  static const std::regex kBase(
      R"(https?://([^/?#@\s]+@)?([^/?#@:\[\]\s]+|\[[0-9a-fA-F:.]+\])(:([0-9]{1,5}))?(/[^?#\s]*)?)",
      std::regex::icase);
  std::smatch parts;
  if (!std::regex_match(url, parts, kBase) || (parts[4].matched && std::stoi(parts[4]) > 65'535)) {
    // What it is instead may contain a secret.
    return Status::invalid("expected http://HOST or https://HOST");
  }
  std::string base = url;
  while (base.back() == '/') base.pop_back();
  return base;
}

Result<evmicro::TlsOptions> trustIn(const std::string& path) {
  evmicro::TlsOptions tls;
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    tls.caPath = path;
    return tls;
  }
  if (path.empty()) return tls;
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Status::invalid("cannot read " + path);
  const bool hasOne = text.find("-----BEGIN CERTIFICATE-----") != std::string::npos ||
                      text.find("-----BEGIN TRUSTED CERTIFICATE-----") != std::string::npos;
  if (!hasOne) return Status::invalid(path + " has no certificate in PEM format");
  tls.caFile = path;
  return tls;
}

}  // namespace web
