// A folder on disk with the layout of the bucket: the sample bucket, a test, a copy made by hand.
//
// It lists as S3 would: the same keys, the same order, pages, no empty folders. Files whose name, or the name
// of a folder on their way, begins with "." are passed over (half-written copies, editors' leftovers);
// nothing else is, but links that lead out of the folder (directory_root.hpp). The ETag is
// "<size>-<modification time in nanoseconds>". Memory does not grow with the folder.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/log_once.hpp"
#include "source/directory/directory_walk.hpp"
#include "source/source.hpp"

namespace peo::source {

class DirectorySource final : public Source {
 public:
  static constexpr std::size_t default_names_at_once = 50'000;

  // The folder is looked at when it is listed, not now. The last two are smaller in tests.
  explicit DirectorySource(std::string path, std::size_t page_size = 1000,
                           std::size_t names_at_once = default_names_at_once);

  std::string describe() const override;
  std::string full_key(const std::string& key) const override;
  ListPage list(const ListRequest& request) override;
  std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) override;

 private:
  // The listing that the next page goes on with: entering a big folder anew for each page would read it all
  // again each time.
  struct Running {
    std::string prefix;
    bool by_folder = false;
    std::string next;  // the continuation that it waits for
    DirectoryWalk walk;
    std::optional<WalkEntry> ahead;
  };

  std::string root_;
  std::size_t page_size_;
  std::size_t names_at_once_;
  std::unique_ptr<Running> running_;
  std::shared_ptr<LogOnce> warned_ = std::make_shared<LogOnce>();  // links that lead out, in listings
};

}  // namespace peo::source
