// Fills a template, from stdin to stdout: how the manual page and the completion are made.
#include <exception>
#include <iostream>
#include <iterator>
#include <string>

#include "tool/pages.h"

int main() {
  try {
    const std::string page{std::istreambuf_iterator<char>(std::cin), {}};
    std::cout << evmicro::tool::fillPage(page) << std::flush;
    return std::cout ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << "evmicro-pages: " << problem.what() << std::endl;
    return 1;
  }
}
