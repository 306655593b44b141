#include "base/masked.hpp"

#include <fmt/format.h>

#include <array>

namespace peo {
namespace {

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       kept.find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

// The forms in which a server may echo it: in a body, in a query, in a path.
std::array<std::string, 3> forms_of(const std::string& secret) {
  return {secret, percent_encoded(secret, "-._~"), percent_encoded(secret, "-._~/")};
}

// Shorter ones occur in every text.
bool is_hidden(const std::string& secret) { return secret.size() >= 4; }

}  // namespace

std::string masked(std::string text, std::span<const std::string> secrets) {
  constexpr std::string_view mask = "***";
  for (const auto& secret : secrets) {
    if (!is_hidden(secret)) continue;
    for (const auto& form : forms_of(secret)) {
      for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at + mask.size()))
        text.replace(at, form.size(), mask);
    }
  }
  return text;
}

bool holds_secret(std::string_view text, std::span<const std::string> secrets) {
  for (const auto& secret : secrets) {
    if (!is_hidden(secret)) continue;
    for (const auto& form : forms_of(secret)) {
      if (text.find(form) != std::string_view::npos) return true;
    }
  }
  return false;
}

}  // namespace peo
