// A local directory with the layout of the bucket: the sample bucket, a test, a copy made by hand.
//
// It lists as S3 would: the same keys in the same order, in pages, without empty directories. It skips files
// and directories whose name begins with "." (incomplete copies, editors' backup files) and links that lead
// out of the directory (directory_root.hpp), nothing else. The ETag is
// "<size>-<modification time in nanoseconds>". Memory does not grow with the directory.
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

  // The directory is accessed when it is listed, not now. Tests use smaller values for the last two.
  explicit DirectorySource(std::string path, std::size_t page_size = 1000,
                           std::size_t names_at_once = default_names_at_once);

  std::string describe() const override;
  std::string full_key(const std::string& key) const override;
  ListPage list(const ListRequest& request) override;
  std::unique_ptr<ByteStream> open(const ObjectInfo& object, std::uint64_t offset) override;

 private:
  // The listing that the next page continues: opening a big directory again for each page would read all of
  // it each time.
  struct Running {
    std::string prefix;
    bool delimited = false;
    std::string next;  // the continuation that it waits for
    DirectoryWalk walk;
    std::optional<WalkEntry> ahead;
  };

  std::string root_;
  std::size_t page_size_;
  std::size_t names_at_once_;
  std::unique_ptr<Running> running_;
  std::shared_ptr<LogOnce> warned_ = std::make_shared<LogOnce>();  // links that lead out, seen in listings
};

}  // namespace peo::source
