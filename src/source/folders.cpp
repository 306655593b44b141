#include "source/folders.hpp"

#include <algorithm>
#include <iterator>

namespace peo::source {

std::vector<std::string> folders_below(Source& source, const std::string& prefix,
                                       const std::function<void(const ObjectInfo&)>& beside) {
  std::vector<std::string> folders;
  ListRequest request{.prefix = prefix, .by_folder = true, .start_after = {}, .continuation = {}};
  do {
    auto page = source.list(request);
    std::ranges::for_each(page.objects, beside);
    std::move(page.folders.begin(), page.folders.end(), std::back_inserter(folders));
    request.continuation = page.next;
  } while (!request.continuation.empty());
  return folders;
}

std::string last_part(std::string_view folder) {
  folder.remove_suffix(1);
  return std::string(folder.substr(folder.find_last_of('/') + 1));
}

}  // namespace peo::source
