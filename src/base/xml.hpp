// A text as XML, HTML and SVG take it, between tags and in quoted attributes. Pure.
#pragma once
#include <string>
#include <string_view>

namespace peo {

// The five characters that mark something become references; control characters, which XML can't carry,
// become blanks (tab and line breaks stay).
std::string xml_escaped(std::string_view text);

}  // namespace peo
