#include "source/object_name.hpp"

#include "fuzz/targets.hpp"

namespace peo::fuzz {

void object_name(std::string_view input) {
  (void)source::is_control_table(input);
  const auto name = source::parse_object_name(input);
  const auto* change = std::get_if<source::ChangeName>(&name);
  if (change == nullptr) return;
  const auto folder = source::date_folder_of(input, change->time);
  if (!folder) return;
  // The folder may be of a neighbouring day: it is named when the file is begun. What is asked for next must
  // be readable.
  require(
      source::date_folder_of(folder->name(change->time) + "20220922-095853123.csv", change->time).has_value(),
      "a date folder's pattern makes a name that is none");
}

}  // namespace peo::fuzz
