#include "tool/arguments.h"

#include <algorithm>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "service/flags.h"
#include "service/suggestion.h"
#include "tool/command_shape.h"

namespace evmicro::tool {

namespace {

std::string helpOf(const CLI::Option& option) {
  const std::string& byDefault = option.get_default_str();
  return option.get_description() + (byDefault.empty() ? "" : " (default: " + byDefault + ")");
}

CommandShape::Flag flagOf(const CLI::Option& option) {
  const auto& shortNames = option.get_snames();
  return {option.get_lnames().front(), shortNames.empty() ? "" : shortNames.front(),
          option.get_items_expected_max() == 0 ? "" : option.get_type_name(), helpOf(option)};
}

std::string describeExtras(const CLI::App& app) {
  const std::string word = app.remaining().front();
  if (word.size() < 2 || word[0] != '-') return "unexpected argument \"" + word + "\"";
  const std::string name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& longName : option->get_lnames()) known.push_back(longName);
  }
  return "unknown flag " + word + detail::didYouMean(name.substr(0, name.find('=')), known, "--");
}

std::function<void(const std::string&)> orThrow(const std::string& flag,
                                                std::function<Status(const std::string&)> apply) {
  return [flag, apply = std::move(apply)](const std::string& value) {
    const Status status = apply(value);
    if (!status.ok()) throw CLI::ValidationError(flag, status.detail());
  };
}

std::string capitalized(std::string text) {
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace

class Arguments::Parser final : public CLI::App {
 public:
  using CLI::App::App;
};

Arguments::Arguments(const std::string& summary, const std::string& usage)
    : parser_(std::make_unique<Parser>(summary, usage)) {}

Arguments::~Arguments() = default;

void Arguments::describe(const std::string& text) { parser_->description(text); }

void Arguments::addWord(const std::string& name, std::string& value, const std::string& help,
                        Need need) {
  parser_->add_option(name, value, help)->required(need == Need::kRequired);
}

void Arguments::addWords(const std::string& name, std::vector<std::string>& values,
                         const std::string& help) {
  parser_->add_option(name, values, help);
}

void Arguments::addSwitch(const std::string& flag, std::function<void()> given,
                          const std::string& help) {
  parser_->add_flag_callback(flag, std::move(given), help);
}

void Arguments::addFlag(const std::string& flag, const std::string& placeholder, std::string& value,
                        const std::string& help) {
  parser_->add_option(flag, value, help)->type_name(placeholder)->capture_default_str();
}

void Arguments::addCount(const std::string& flag, std::size_t& count, const std::string& help) {
  parser_->add_option(flag, count, help)->type_name("N")->check(CLI::PositiveNumber);
}

void Arguments::addNumber(const std::string& flag, const std::string& placeholder, int& number,
                          int least, int most, const std::string& help) {
  parser_->add_option(flag, number, help)
      ->type_name(placeholder)
      ->check(CLI::Range(least, most))
      ->capture_default_str();
}

void Arguments::addChoice(const std::string& flag, const std::vector<std::string>& choices,
                          std::string& value, const std::string& help) {
  std::string names;
  for (const std::string& choice : choices) names += (names.empty() ? "" : "|") + choice;
  parser_->add_option(flag, value, help)
      ->check(CLI::IsMember(choices))
      ->type_name(names)
      ->capture_default_str();
}

void Arguments::addList(const std::string& flag, const std::string& placeholder,
                        std::vector<std::string>& values, const std::string& help, Check check) {
  parser_->add_option(flag, values, help)
      ->type_name(placeholder)
      ->check(std::move(check))
      ->allow_extra_args(false);
}

void Arguments::add(const detail::FlagSpec& flag) {
  const std::string name = "--" + flag.name;
  parser_->add_option_function<std::string>(name, orThrow(name, flag.apply))
      ->description(capitalized(flag.help))
      ->type_name(flag.placeholder)
      ->default_str(flag.byDefault);
  readEnvironment(flag.name);
}

void Arguments::addHidden(const std::string& flag, const std::string& placeholder,
                          std::function<Status(const std::string&)> apply) {
  parser_->add_option_function<std::string>(flag, orThrow(flag, std::move(apply)))
      ->type_name(placeholder)
      ->trigger_on_parse()
      ->group("");
}

void Arguments::readEnvironment(const std::string& name, const std::string& alternative) {
  std::string variable = "MICRO_" + name;
  for (char& c : variable) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const bool other = !alternative.empty() && !std::getenv(variable.c_str());
  parser_->get_option("--" + name)->envname(other ? alternative : variable);
}

Result<std::string> Arguments::parse(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    parser_->parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return parser_->help();
  } catch (const CLI::ExtrasError&) {
    return Status::invalid(describeExtras(*parser_));
  } catch (const CLI::ParseError& error) {
    return Status::invalid(error.what());
  }
  return std::string();
}

CommandShape Arguments::shape(const std::string& name) const {
  CommandShape shape{name, parser_->get_description(), {}, {}};
  const Parser& parser = *parser_;
  for (const CLI::Option* option : parser.get_options()) {
    const bool hidden = option->get_group().empty();
    if (hidden || option == parser.get_help_ptr()) continue;
    if (option->get_positional()) {
      shape.arguments.push_back(
          {option->get_name(true), option->get_description(), option->get_required()});
    } else {
      shape.flags.push_back(flagOf(*option));
    }
  }
  return shape;
}

}  // namespace evmicro::tool
