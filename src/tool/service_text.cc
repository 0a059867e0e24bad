#include "tool/service_text.h"

#include "json/field_names.h"
#include "tool/printable.h"

namespace evmicro::tool {

namespace {

std::string joined(const std::map<std::string, std::string>& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata) {
    text += (text.empty() ? "" : ",") + printable(key) + "=" + printable(value);
  }
  return text;
}

void appendField(std::string& out, const Value& field, std::size_t depth) {
  const std::string indent(depth, '\t');
  out += indent + printable(detail::snakeCase(field.name)) + " " + printable(field.type);
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
