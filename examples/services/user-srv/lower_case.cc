#include "lower_case.h"

#include <climits>
#include <cwchar>
#include <stdexcept>

#include <locale.h>
#include <wctype.h>

namespace user {

namespace {

// Of this thread, from here to the end of a block.
class InLocale {
 public:
  explicit InLocale(locale_t locale) : before_(::uselocale(locale)) {}
  InLocale(const InLocale&) = delete;
  InLocale& operator=(const InLocale&) = delete;
  ~InLocale() { ::uselocale(before_); }

 private:
  const locale_t before_;
};

// It belongs to no country: the dotless i of Turkish, for one, would be lower case of I elsewhere.
locale_t unicode() {
  static const locale_t kLocale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (!kLocale) throw std::runtime_error("the C library has no locale C.UTF-8");
  return kLocale;
}

}  // namespace

std::string lowerCase(const std::string& text) {
  const locale_t locale = unicode();
  const InLocale here(locale);
  std::string lower;
  std::mbstate_t reading{};
  for (std::size_t at = 0; at < text.size();) {
    wchar_t letter = 0;
    const std::size_t size = std::mbrtowc(&letter, text.data() + at, text.size() - at, &reading);
    if (size == 0 || size > text.size() - at) {  // NUL, or not UTF-8: as it is
      lower += text[at++];
      reading = {};
      continue;
    }
    at += size;
    const auto small = static_cast<wchar_t>(::towlower_l(static_cast<wint_t>(letter), locale));
    char bytes[MB_LEN_MAX];
    std::mbstate_t writing{};
    const std::size_t written = std::wcrtomb(bytes, small, &writing);
    lower.append(bytes, written);
  }
  return lower;
}

}  // namespace user
