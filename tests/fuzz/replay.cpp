// replay TARGET CORPUS [MUTATIONS]: runs a target over each file of its corpus, and over seeded mutations of
// them: without libFuzzer, the same each time. An input that ends the program is written to the working
// directory first.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include "fuzz/targets.hpp"

namespace {

std::vector<std::string> corpus_of(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ostringstream bytes;
    bytes << std::ifstream(file, std::ios::binary).rdbuf();
    inputs.push_back(bytes.str());
  }
  return inputs;
}

// A few of: a byte changed, a piece taken out, doubled, or brought in from another input.
std::string mutated(std::string input, const std::vector<std::string>& corpus, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (auto times = 1 + below(4); times > 0; --times) {
    const auto at = below(input.size() + 1);
    const auto length = below(std::min<std::size_t>(input.size() - at, 16) + 1);
    switch (below(5)) {
      case 0:
        if (at < input.size()) input[at] = static_cast<char>(random());
        break;
      case 1:
        input.erase(at, length);
        break;
      case 2:
        input.insert(at, input.substr(at, length));
        break;
      case 3:
        input.insert(at, 1, ",\"\r\n\\\0|"[below(7)]);
        break;
      default: {
        const auto& other = corpus[below(corpus.size())];
        input.insert(at, other.substr(below(other.size() + 1), 16));
      }
    }
  }
  return input;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::fputs("replay TARGET CORPUS [MUTATIONS]\n", stderr);
    return 64;
  }
  const auto targets = peo::fuzz::targets();
  const auto found = std::find_if(targets.begin(), targets.end(), [&](const auto& target) {
    return std::string_view(target.name) == words[1];
  });
  const auto corpus = corpus_of(words[2]);
  if (found == targets.end() || corpus.empty()) {
    std::fprintf(stderr, "replay: no target %s, or nothing in %s\n", words[1], words[2]);
    return 64;
  }
  for (const auto& input : corpus) found->run(input);
  std::mt19937_64 random(1);
  const auto mutations = count > 3 ? std::strtoul(words[3], nullptr, 10) : 2000;
  for (std::size_t i = 0; i < mutations; ++i) {
    const auto input = mutated(corpus[random() % corpus.size()], corpus, random);
    std::ofstream(std::string("last-input-of-") + found->name, std::ios::binary) << input;
    found->run(input);
  }
  std::filesystem::remove(std::string("last-input-of-") + found->name);
  std::printf("%s: %zu inputs and %zu mutations\n", found->name, corpus.size(),
              static_cast<std::size_t>(mutations));
}
