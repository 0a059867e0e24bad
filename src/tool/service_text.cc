#include "tool/service_text.h"

#include "tool/printable.h"

namespace evmicro::tool {

namespace {

bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isLower(char c) { return c >= 'a' && c <= 'z'; }

std::string joined(const std::map<std::string, std::string>& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata) {
    text += (text.empty() ? "" : ",") + printable(key) + "=" + printable(value);
  }
  return text;
}

void appendField(std::string& out, const Value& field, std::size_t depth) {
  const std::string indent(depth, '\t');
  out += indent + printable(snakeCase(field.name)) + " " + printable(field.type);
  if (!field.values.empty()) {
    out += " {\n";
    for (const Value& inner : field.values) appendField(out, inner, depth + 1);
    out += indent + "}";
  }
  out += '\n';
}

std::string fieldsOf(const std::optional<Value>& message) {
  if (!message || message->values.empty()) return "{}";
  std::string text = "{\n";
  for (const Value& field : message->values) appendField(text, field, 1);
  return text + "}";
}

}  // namespace

std::string snakeCase(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool startsWord =
        i > 0 && isUpper(name[i]) && name[i - 1] != '_' &&
        (!isUpper(name[i - 1]) || (i + 1 < name.size() && isLower(name[i + 1])));
    if (startsWord) result += '_';
    result += isUpper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return result;
}

std::string describeServices(const std::vector<ServiceInfo>& versions) {
  std::string text = "service  " + printable(versions.front().name) + "\n";
  for (const ServiceInfo& service : versions) {
    text += "\nversion " + printable(service.version) + "\n\nId\tAddress\tPort\tMetadata\n";
    for (const Node& node : service.nodes) {
      text += printable(node.id) + "\t" + printable(node.address) + "\t" +
              std::to_string(node.port) + "\t" + joined(node.metadata) + "\n";
    }
  }
  for (const Endpoint& endpoint : versions.front().endpoints) {
    text += "\nEndpoint: " + printable(endpoint.name) + "\nMetadata: " + joined(endpoint.metadata) +
            "\nRequest: " + fieldsOf(endpoint.request) +
            "\n\nResponse: " + fieldsOf(endpoint.response) + "\n";
  }
  return text;
}

}  // namespace evmicro::tool
