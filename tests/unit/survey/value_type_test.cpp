// The type of a value is recognized from the text that DMS renders it as.
#include "tables/survey/value_type.hpp"

#include <gtest/gtest.h>

namespace peo::survey {
namespace {

struct Case {
  const char* text;
  Kind kind;
};

TEST(ValueKind, TellsTheRenderingsOfDmsApart) {
  for (const auto& [text, kind] : {Case{"-9", Kind::Integer},
                                   {"007", Kind::Integer},
                                   {"24000.00", Kind::Decimal},
                                   {"+3.23800011e+01", Kind::Float},
                                   {"1e5", Kind::Float},
                                   {"true", Kind::Boolean},
                                   {"1996-07-04", Kind::Date},
                                   {"1996-02-30", Kind::Text},
                                   {"2018-08-20 16:13:17", Kind::Timestamp},
                                   {"2018-08-20T16:13:17.1234567", Kind::Timestamp},
                                   {"2018-08-20 25:13:17", Kind::Text},
                                   {"2026-06-15 12:30:45.123456000 +05:30", Kind::TimestampZone},
                                   {"2026-06-15 12:30:45Z", Kind::TimestampZone},
                                   {"16:13:17.5", Kind::Time},
                                   {"0F8FAD5B-D9CB-469F-A165-70867728950E", Kind::Uuid},
                                   {"{0f8fad5b-d9cb-469f-a165-70867728950e}", Kind::Uuid},
                                   {"0xDEADBEEF", Kind::Hex},
                                   {"deadbeef00", Kind::Hex},
                                   {"deadbee", Kind::Text},
                                   {R"({"a": 1})", Kind::Json},
                                   {"[1, 2]", Kind::Json},
                                   {"{curly}", Kind::Text},
                                   {"1.", Kind::Text},
                                   {"-", Kind::Text},
                                   {"40.32.2555", Kind::Text},
                                   {"4-Jun-14", Kind::Text},
                                   {"", Kind::Text},
                                   {"Hello", Kind::Text}}) {
    EXPECT_EQ(classify(text).kind, kind) << text;
  }
}

TEST(ValueKind, MeasuresNumbersAndTimes) {
  const auto decimal = classify("-0012.3400");
  EXPECT_DOUBLE_EQ(*decimal.number, -12.34);
  EXPECT_EQ(decimal.integer_digits, 2);
  EXPECT_EQ(decimal.fraction_digits, 4);
  EXPECT_TRUE(decimal.leading_zero);
  EXPECT_FALSE(classify("0.5").leading_zero);
  EXPECT_DOUBLE_EQ(*classify("+3.2e+01").number, 32.0);
  // An instant counts, whatever its offset.
  EXPECT_DOUBLE_EQ(*classify("1970-01-02 05:30:00 +05:30").number, 86400.0);
  EXPECT_DOUBLE_EQ(*classify("1970-01-02").number, 86400.0);
  EXPECT_EQ(classify("2018-08-20 16:13:17.123").fraction_digits, 3);
}

}  // namespace
}  // namespace peo::survey
