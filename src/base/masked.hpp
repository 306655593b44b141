// Masks secrets in text from a server: an error that echoes a password must not reach the log. Only for text
// from a server; our own texts contain no secrets, and a password that is a common word would garble them.
// Pure.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace peo {

// Replaces each secret, literal and percent-encoded, by "***". Call it before the text is shortened,
// otherwise half a secret may remain. Secrets of fewer than 4 characters are ignored.
std::string masked(std::string text, std::span<const std::string> secrets);

// Whether the text contains a secret.
bool holds_secret(std::string_view text, std::span<const std::string> secrets);

}  // namespace peo
