// Comments of strangers: whom they mention is found without a crash and in bounded number, only
// where a name stands, and never in what Markdown shows as code.
#include "slices/comment/mentions.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "domain/names.hpp"

namespace {

using namespace factory;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Some whose names are beginnings of each other, or end as sentences do.
Directory people() {
  Directory all;
  for (const char* const name : {"Ada", "ada.", "ada.lovelace", "bob", "x", "x-", "z_@z"}) {
    Person person;
    person.id = name;
    all.people.push_back(std::move(person));
  }
  return all;
}

std::string fenced(std::string_view text, char mark) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == mark ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, mark);
  return fence + "\n" + std::string(text) + "\n" + fence + "\n";
}

void check(std::string_view text) {
  const auto words = comment::mentioned_in(text);
  require(words.size() <= comment::most_mentions);
  require(std::set<std::string>(words.begin(), words.end()).size() == words.size());
  for (const std::string& word : words) {
    require(is_name(word) && !word.starts_with('@'));
    require(text.find("@" + word) != std::string_view::npos);
  }
  // What is in a block of code calls nobody, and hides nobody behind it.
  for (const char mark : {'`', '~'}) {
    const std::string code = fenced(text, mark);
    require(comment::mentioned_in(code).empty());
    require(comment::mentioned_in(code + "@ada") == std::vector<std::string>{"ada"});
  }
  static const Directory all = people();
  const comment::Mentions found = comment::find_mentions(text, all);
  require(found.people.size() <= all.people.size());
  require(found.people.size() + found.unknown.size() <= words.size());
  for (const std::string& person : found.people) require(all.find(person) != nullptr);
  for (const std::string& name : found.unknown) {
    require(!name.empty() && std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return word.starts_with(name);
    }));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
