// Keeps secrets out of what a server sends back: an error that repeats a password must not bring it into a
// log. Only for text from a server; our own texts hold no secrets, and a password that is a plain word would
// garble them. Pure.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace peo {

// Each secret, as it is and percent-encoded, becomes "***". Call it before the text is shortened, else half a
// secret may be left. Fewer than 4 characters are no secret.
std::string masked(std::string text, std::span<const std::string> secrets);

// Whether a secret is in the text.
bool holds_secret(std::string_view text, std::span<const std::string> secrets);

}  // namespace peo
