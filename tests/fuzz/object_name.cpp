#include "source/object_name.hpp"

#include "fuzz/targets.hpp"

namespace peo::fuzz {

void object_name(std::string_view input) {
  (void)source::is_control_table(input);
  const auto name = source::parse_object_name(input);
  const auto* change = std::get_if<source::ChangeName>(&name);
  if (change == nullptr) return;
  const auto prefix = source::date_prefix_of(input, change->time);
  if (!prefix) return;
  // The prefix may be of a neighbouring day: it is named when the file is begun. What is asked for next must
  // be readable.
  require(
      source::date_prefix_of(prefix->name(change->time) + "20220922-095853123.csv", change->time).has_value(),
      "a date prefix's pattern makes a name that is none");
}

}  // namespace peo::fuzz
