// Escapes text for XML, HTML and SVG, between tags and in quoted attributes. Pure.
#pragma once
#include <string>
#include <string_view>

namespace peo {

// The five special characters become references; control characters, which are invalid in XML, become spaces
// (tabs and line breaks stay).
std::string xml_escaped(std::string_view text);

}  // namespace peo
