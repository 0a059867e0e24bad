#include "tool/json_argument.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "json/scanner.h"
#include "tool/output.h"

namespace evmicro::tool {

Result<std::string> readArgument(const std::string& argument) {
  if (argument != "-") return argument;
  std::string text;
  char block[16384];
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, block, sizeof block);
    if (count == 0) return text;
    if (count > 0) {
      text.append(block, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return Status::internal("cannot read stdin: " + std::string(std::strerror(errno)));
    }
  }
}

Result<std::vector<JsonDocument>> splitDocuments(std::string_view text) {
  std::vector<JsonDocument> documents;
  detail::JsonScanner scanner(text);
  while (scanner.peek() != '\0') {
    const std::string_view value = scanner.value();
    if (!scanner.ok()) return Status::invalid("not valid JSON: " + scanner.problem());
    documents.push_back({std::string(value)});
  }
  if (!scanner.atEnd()) return Status::invalid("not valid JSON: " + scanner.problem());
  return documents;
}

Result<std::vector<JsonDocument>> readDocuments(const std::string& argument) {
  const Result<std::string> text = readArgument(argument);
  return text.ok() ? splitDocuments(*text) : text.status();
}

Result<JsonDocument> readDocument(const std::string& argument) {
  Result<std::vector<JsonDocument>> documents = readDocuments(argument);
  if (!documents.ok()) return documents.status();
  if (documents->size() == 1) return std::move(documents->front());
  return Status::invalid("expected exactly one JSON value, got " +
                         std::to_string(documents->size()));
}

ExitCode refuse(const char* what, const Status& why) {
  const bool unreadable = why.kind() == ErrorKind::kInternal;
  fail(unreadable ? why : Status(why).withContext(what));
  return unreadable ? kFailed : kUsage;
}

}  // namespace evmicro::tool
