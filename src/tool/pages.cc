#include "tool/pages.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <vector>

#include "service/flags.h"
#include "tool/command_shape.h"

namespace evmicro::tool {

namespace {

using detail::FlagSpec;
using Words = std::vector<std::string>;

std::vector<CommandShape> shapes() {
  std::vector<CommandShape> all;
  for (const Command& command : commands()) all.push_back(shapeOf(command));
  return all;
}

std::vector<FlagSpec> globalFlags() {
  static ServiceOptions options;  // the flags point into it
  return detail::clientFlags(options);
}

// --- the manual page ---

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '"': out += "\\(dq"; break;
      case '\'': out += "\\(aq"; break;
      default: out += c;
    }
  }
  return out;
}

// Text as a paragraph: a sentence on each line, none of which can be taken for a request.
std::string sentences(std::string text) {
  if (text.empty()) return {};
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  if (text.back() != '.') text += '.';
  std::string out = roff(text);
  for (std::size_t at = 0; (at = out.find(". ", at)) != std::string::npos;) out[++at] = '\n';
  return "\\&" + out + "\n";
}

std::string manualFlag(const std::string& name, const std::string& placeholder,
                       const std::string& help) {
  const std::string tag =
      placeholder.empty() ? ".B \"" + roff("--" + name) + "\"\n"
                          : ".BI \"" + roff("--" + name) + " \" \"" + roff(placeholder) + "\"\n";
  return ".TP\n" + tag + sentences(help);
}

std::string manualFlag(const CommandShape::Flag& flag) {
  if (flag.shortName.empty()) return manualFlag(flag.longName, flag.placeholder, flag.help);
  return ".TP\n.BI \"" + roff("-" + flag.shortName) + "\\fR, \\fP" + roff("--" + flag.longName) +
         " \" \"" + roff(flag.placeholder) + "\"\n" + sentences(flag.help);
}

std::string manualCommand(const CommandShape& shape) {
  std::string text = ".TP\n\\fB" + shape.name + "\\fR";
  for (const CommandShape::Argument& argument : shape.arguments) {
    const std::string name = "\\fI" + roff(argument.name) + "\\fR";
    text += argument.required ? " " + name : " [" + name + "]";
  }
  text += "\n" + sentences(shape.description);
  if (shape.arguments.empty() && shape.flags.empty()) return text;
  text += ".RS\n";
  for (const CommandShape::Argument& argument : shape.arguments) {
    text += ".TP\n.I \"" + roff(argument.name) + "\"\n" + sentences(argument.help);
  }
  for (const CommandShape::Flag& flag : shape.flags) text += manualFlag(flag);
  return text + ".RE\n";
}

std::string manualCommands() {
  std::string text;
  for (const CommandShape& shape : shapes()) text += manualCommand(shape);
  return text;
}

std::string manualFlags() {
  std::string text;
  for (const FlagSpec& flag : globalFlags()) {
    text += manualFlag(flag.name, flag.placeholder, detail::describeFlag(flag));
  }
  return text;
}

// --- the completion for bash: lines of its `case` statements ---

std::string joined(const Words& words, const char* between = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string bashGlobalFlags() {
  Words words;
  for (const FlagSpec& flag : globalFlags()) words.push_back("--" + flag.name);
  return "  local global=\"" + joined(words) + " --help\"\n";
}

std::string bashCommandFlags() {
  std::string text;
  for (const CommandShape& shape : shapes()) {
    if (shape.flags.empty()) continue;
    text += "    \"" + shape.name + "\"*) echo \"$global";
    for (const CommandShape::Flag& flag : shape.flags) text += " --" + flag.longName;
    text += "\" ;;\n";
  }
  return text;
}

// Flags that no value follows.
std::string bashSwitches() {
  std::set<std::string> names = {"--help", "--version"};
  for (const CommandShape& shape : shapes()) {
    for (const CommandShape::Flag& flag : shape.flags) {
      if (flag.placeholder.empty()) names.insert("--" + flag.longName);
    }
  }
  return "      " + joined({names.begin(), names.end()}, " | ") + ") continue ;;\n";
}

std::string bashValues() {
  std::string text;
  for (const FlagSpec& flag : globalFlags()) {
    if (!flag.choices.empty())
      text += "    --" + flag.name + ") echo " + joined(flag.choices) + " ;;\n";
  }
  return text;
}

// The words of commands: `0:*) ... all first words`, `1:get:*) ... second words`.
std::string bashCommands() {
  Words first;
  std::string second;
  for (const CommandShape& shape : shapes()) {
    const std::size_t blank = shape.name.find(' ');
    const std::string word = shape.name.substr(0, blank);
    if (std::find(first.begin(), first.end(), word) == first.end()) first.push_back(word);
    if (blank != std::string::npos) {
      second += "    1:" + word + ":*) echo " + shape.name.substr(blank + 1) + " ;;\n";
    }
  }
  // The group, see command_line.cc.
  first.emplace_back("registry");
  second += "    1:registry:*) printf '%s\\n' list get register deregister ;;\n";
  const std::string all = joined(first);
  return "    0:*) printf '%s\\n' " + all + " ;;\n    1:help:*) printf '%s\\n' " + all + " ;;\n" +
         second;
}

// What the registry knows the values of: which function gives them.
const char* sourceOf(const std::string& argument, const CommandShape& shape) {
  if (argument == "SERVICE" || (argument == "NAME" && shape.name == "get service")) {
    return "_evmicro_services";
  }
  if (argument == "METHOD") return "_evmicro_methods";
  return argument == "TOPIC" ? "_evmicro_topics" : nullptr;
}

std::string bashArguments() {
  std::string text;
  for (const CommandShape& shape : shapes()) {
    const std::size_t blank = shape.name.find(' ');
    std::size_t place = blank == std::string::npos ? 1 : 2;
    std::string words = shape.name + ":*";
    if (blank != std::string::npos) words[blank] = ':';
    if (blank != std::string::npos) words.erase(words.size() - 2);
    for (const CommandShape::Argument& argument : shape.arguments) {
      const char* const source = sourceOf(argument.name, shape);
      if (source) text += "    " + std::to_string(place) + ":" + words + ") " + source + " ;;\n";
      ++place;
    }
  }
  return text;
}

struct Part {
  std::string_view name;
  std::string (*make)();
};
constexpr Part kParts[] = {
    {"@COMMANDS@", manualCommands},           {"@FLAGS@", manualFlags},
    {"@BASH_GLOBAL_FLAGS@", bashGlobalFlags}, {"@BASH_COMMAND_FLAGS@", bashCommandFlags},
    {"@BASH_SWITCHES@", bashSwitches},        {"@BASH_VALUES@", bashValues},
    {"@BASH_COMMANDS@", bashCommands},        {"@BASH_ARGUMENTS@", bashArguments}};

std::string makePart(std::string_view name) {
  for (const Part& part : kParts) {
    if (part.name == name) return part.make();
  }
  throw std::invalid_argument("unknown part " + std::string(name));
}

}  // namespace

std::string fillPage(std::string_view page) {
  std::string out;
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    const bool isPart = line.size() > 2 && line.front() == '@' && line.back() == '@';
    if (isPart) {
      out += makePart(line);
    } else {
      out.append(line).append("\n");
    }
    page.remove_prefix(std::min(line.size() + 1, page.size()));
  }
  return out;
}

}  // namespace evmicro::tool
