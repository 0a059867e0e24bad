#include "json/path.h"

#include "json/text.h"

namespace evmicro::detail {

std::string JsonPath::toString() const {
  std::string path = from_ ? from_->toString() : std::string(text_);
  switch (step_) {
    case Step::kRoot: break;
    case Step::kMember:
      if (!path.empty()) path += '.';
      path += text_;
      break;
    case Step::kElement: path += '[' + std::to_string(index_) + ']'; break;
    case Step::kMapKey: path += '[' + quoteForError(text_) + ']'; break;
  }
  return path;
}

}  // namespace evmicro::detail
