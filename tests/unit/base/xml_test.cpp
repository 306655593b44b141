// Text that is put into XML and HTML is escaped, control characters included.
#include "base/xml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peo {
namespace {

TEST(XmlEscaped, MarksBecomeReferencesAndControlCharactersBlanks) {
  EXPECT_EQ(xml_escaped("<a href=\"x\">Tom & 'Jerry'</a>"),
            "&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;Jerry&#39;&lt;/a&gt;");
  EXPECT_EQ(xml_escaped(std::string("a\0b\x1f\tc\r\n", 8)), "a b \tc\r\n");
  EXPECT_EQ(xml_escaped("größer"), "größer");
}

}  // namespace
}  // namespace peo
