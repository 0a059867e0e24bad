#pragma once

#include <string>

#include <evmicro/status.h>

namespace place {

/// Translates a search in Lucene's syntax into that of SQLite's FTS5: words, `"phrases"`,
/// `prefix*`, `field:word`, AND, OR, NOT and parentheses. Words without an operator between them
/// are alternatives, as in Elasticsearch. Empty: everything (an empty search, or `*`). kInvalid:
/// what is wrong with it.
evmicro::Result<std::string> translate(const std::string& query);

}  // namespace place
