#include "config/format_settings.hpp"
#include "config/source_settings.hpp"
#include "fuzz/targets.hpp"

namespace peo::fuzz {

void settings(std::string_view input) {
  if (input.empty()) return;
  const auto text = input.substr(1);
  config::Problems problems;
  switch (static_cast<unsigned char>(input.front()) % 3) {
    case 0: {
      if (text.empty()) return;
      const auto source = config::read_source(text, problems);
      if (!problems.empty()) return;
      const auto shown = source.display();
      require(!shown.empty(), "a source without a name");
      require(source.secret_key.size() < 8 || shown.find(source.secret_key) == std::string::npos ||
                  source.path.find(source.secret_key) != std::string::npos ||
                  source.endpoint.find(source.secret_key) != std::string::npos ||
                  source.bucket_name.find(source.secret_key) != std::string::npos,
              "a secret is shown");
      return;
    }
    case 1: {
      const auto format = config::read_format(text, problems);
      require(!problems.empty() || !format.delimiter.empty(), "an empty delimiter was accepted");
      return;
    }
    default:
      config::read_columns(text, problems);
  }
}

}  // namespace peo::fuzz
