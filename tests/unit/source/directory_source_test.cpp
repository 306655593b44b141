// A local directory lists and reads as an S3 bucket with the same content does.
#include "source/directory/directory_source.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/error.hpp"
#include "support/temp_dir.hpp"

namespace peo::source {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> keys_of(const ListPage& page) {
  std::vector<std::string> keys;
  for (const auto& object : page.objects) keys.push_back(object.key);
  return keys;
}

// Everything, over all pages: objects and prefixes in one list, each page sorted as the pages are.
std::vector<std::string> all(Source& source, ListRequest request, std::size_t page_size = 1000) {
  std::vector<std::string> names;
  while (true) {
    const auto page = source.list(request);
    EXPECT_LE(page.objects.size() + page.prefixes.size(), page_size);
    auto keys = keys_of(page);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    EXPECT_TRUE(std::is_sorted(page.prefixes.begin(), page.prefixes.end()));
    keys.insert(keys.end(), page.prefixes.begin(), page.prefixes.end());
    std::sort(keys.begin(), keys.end());
    names.insert(names.end(), keys.begin(), keys.end());
    if (page.next.empty()) return names;
    request.continuation = page.next;
  }
}

// What S3 would list, from the set of all keys.
std::vector<std::string> model(const std::set<std::string>& keys, const ListRequest& request) {
  std::set<std::string> names;
  for (const auto& key : keys) {
    if (!key.starts_with(request.prefix) || key <= request.start_after) continue;
    const auto slash = key.find('/', request.prefix.size());
    const bool folded = request.delimited && slash != std::string::npos;
    const std::string name = folded ? key.substr(0, slash + 1) : key;
    if (name == request.start_after) continue;
    names.insert(name);
  }
  return {names.begin(), names.end()};
}

ErrorKind kind_of(const std::function<void()>& action, ExitCode expected) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), expected) << error.describe();
    return error.kind();
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::Fatal;
}

std::string read_all(ByteStream& stream, std::size_t piece = 7) {
  std::string text;
  std::string buffer(piece, '\0');
  while (const auto got = stream.read(buffer)) text += buffer.substr(0, got);
  return text;
}

TEST(DirectorySource, ListsLikeS3OnRandomTrees) {
  std::minstd_rand random(1);  // NOLINT(cert-msc51-cpp): the same trees every time
  const std::string letters = "aAb-.0_~ %+/";
  const auto name = [&](std::size_t longest) {
    std::string text;
    for (auto i = 1 + random() % longest; i-- > 0;) text += letters[random() % (letters.size() - 1)];
    return text;
  };
  for (int round = 0; round < 25; ++round) {
    const test::TempDir dir;
    std::set<std::string> keys;
    for (auto i = random() % 120; i-- > 0;) {
      std::string key;
      for (auto depth = random() % 4; depth-- > 0;) key += name(2) + "/";
      key += name(3);
      if (("/" + key + "/").find("/./") != std::string::npos ||
          ("/" + key + "/").find("/../") != std::string::npos) {
        continue;  // another way to write some other path
      }
      const auto path = dir.path() / key;
      std::error_code in_the_way;
      fs::create_directories(path.parent_path(), in_the_way);
      if (in_the_way || fs::exists(path)) continue;
      test::write_file(path, "x");
      if (("/" + key).find("/.") == std::string::npos) keys.insert(key);
    }
    fs::create_directories(dir.path() / "empty" / "too");
    const std::size_t page_size = 1 + random() % 7;
    const std::size_t names_at_once = 1 + random() % 20;
    DirectorySource source(dir.path().string(), page_size, names_at_once);
    const std::vector<std::string> list(keys.begin(), keys.end());
    const auto part_of_a_key = [&]() -> std::string {
      if (list.empty() || random() % 4 == 0) return random() % 2 == 0 ? "" : name(3);
      const auto& key = list[random() % list.size()];
      return key.substr(0, random() % (key.size() + 1));
    };
    for (int i = 0; i < 40; ++i) {
      const ListRequest request{part_of_a_key(), random() % 2 == 0, part_of_a_key(), ""};
      // A directory that start_after lies in is folded by S3 when a key in it comes after: the model says the
      // same.
      EXPECT_EQ(all(source, request, page_size), model(keys, request))
          << "round " << round << " prefix '" << request.prefix << "' by directory " << request.delimited
          << " after '" << request.start_after << "'";
    }
  }
}

TEST(DirectorySource, SortsAFolderAsItsNameWithASlash) {
  const test::TempDir dir;
  for (const char* key : {"a/z", "a.csv", "a-b", "a0", "a/b/c"}) test::write_file(dir.path() / key, "x");
  DirectorySource source(dir.path().string());
  EXPECT_EQ(all(source, {}), (std::vector<std::string>{"a-b", "a.csv", "a/b/c", "a/z", "a0"}));
}

TEST(DirectorySource, GoesThroughMoreNamesThanItKeeps) {
  const test::TempDir dir;
  for (int i = 0; i < 2345; ++i) test::write_file(dir / std::to_string(100000 + i), "x");
  DirectorySource source(dir.path().string(), 1000, 100);
  const auto names = all(source, {});
  ASSERT_EQ(names.size(), 2345U);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  const auto first = source.list({});
  EXPECT_EQ(first.objects.size(), 1000U);
  EXPECT_EQ(first.next, "100999");
  // A page can be asked for by another source, or after something else was listed.
  source.list({.prefix = "1023"});
  EXPECT_EQ(keys_of(source.list({.continuation = first.next})).front(), "101000");
  DirectorySource other(dir.path().string());
  EXPECT_EQ(keys_of(other.list({.continuation = first.next})).size(), 1000U);
}

TEST(DirectorySource, PassesOverHiddenNamesOnly) {
  const test::TempDir dir;
  for (const char* key : {".hidden", "a/.part", ".git/x", "a/x.tmp", "a/y.part", "a/~z"}) {
    test::write_file(dir.path() / key, "x");
  }
  DirectorySource source(dir.path().string());
  EXPECT_EQ(all(source, {}), (std::vector<std::string>{"a/x.tmp", "a/y.part", "a/~z"}));
  EXPECT_TRUE(all(source, {.prefix = ".git/"}).empty());
  EXPECT_TRUE(all(source, {.prefix = "a/../a/"}).empty());
  EXPECT_TRUE(all(source, {.prefix = "a//"}).empty());
  EXPECT_TRUE(all(source, {.prefix = "/"}).empty());
}

TEST(DirectorySource, FollowsLinksButNotInCircles) {
  const test::TempDir dir;
  test::write_file(dir.path() / ".data" / "deep" / "file", "1234");
  test::write_file(dir.path() / "a" / "b" / "c", "x");
  fs::create_symlink(".data/deep", dir / "linked");
  fs::create_symlink(".data/deep/file", dir / "file");
  fs::create_symlink("../..", dir.path() / "a" / "b" / "up");
  fs::create_symlink(".", dir / "self");
  fs::create_symlink("nowhere", dir / "dangling");
  fs::create_symlink("round", dir / "round");
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  DirectorySource source(dir.path().string());
  EXPECT_EQ(all(source, {}), (std::vector<std::string>{"a/b/c", "file", "linked/file"}));
  EXPECT_EQ(all(source, {.delimited = true}), (std::vector<std::string>{"a/", "file", "linked/"}));
  EXPECT_EQ(all(source, {.prefix = "a/b/", .delimited = true}), (std::vector<std::string>{"a/b/c"}));
  const auto page = source.list({.prefix = "linked/"});
  EXPECT_EQ(read_all(*source.open(page.objects.at(0), 0)), "1234");
}

// Who may write into the directory must not have the loader read what lies elsewhere.
TEST(DirectorySource, IsNotLedOutOfTheFolder) {
  const test::TempDir dir;
  const test::TempDir elsewhere;
  test::write_file(elsewhere.path() / "secret", "1234");
  test::write_file(dir.path() / "bucket" / "a" / "b", "1234");
  test::write_file(dir / "beside", "1234");
  const auto bucket = dir / "bucket";
  fs::create_symlink(elsewhere.path(), bucket / "absolute");
  fs::create_symlink(elsewhere.path() / "secret", bucket / "file");
  fs::create_symlink("..", bucket / "up");
  fs::create_symlink("../../beside", bucket / "a" / "beside");
  fs::create_symlink("/proc/self/root", bucket / "magic");
  DirectorySource source(bucket.string());
  EXPECT_EQ(all(source, {}), std::vector<std::string>{"a/b"});
  EXPECT_EQ(all(source, {.delimited = true}), std::vector<std::string>{"a/"});
  for (const char* prefix : {"absolute/", "up/", "up/bucket/", "magic/"})
    EXPECT_TRUE(all(source, {.prefix = prefix}).empty()) << prefix;
  // A key of the ledger, and a file that was replaced after it was listed.
  auto object = source.list({.prefix = "a/b"}).objects.at(0);
  for (const char* key : {"../beside", "a/../../beside", "absolute/secret", "file", "a/beside"}) {
    object.key = key;
    EXPECT_EQ(kind_of([&] { source.open(object, 0); }, ExitCode::TryAgain), ErrorKind::Retry) << key;
  }
}

// What happens on a kernel without openat2.
TEST(DirectorySource, FollowsNoLinkWithoutOpenat2) {
  const test::TempDir dir;
  test::write_file(dir.path() / "a" / "b", "1234");
  fs::create_symlink("a", dir / "directory");
  fs::create_symlink("b", dir.path() / "a" / "file");
  const int root = ::open(dir.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const auto opens = [root](const char* key, int flags) {
    const int file = open_without_links(root, key, flags | O_CLOEXEC);
    if (file >= 0) ::close(file);
    return file >= 0;
  };
  EXPECT_TRUE(opens("", O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(opens("a/", O_RDONLY | O_DIRECTORY));
  EXPECT_TRUE(opens("a/b", O_RDONLY));
  for (const char* key : {"directory/b", "a/file", "../x", "a/../a/b", "a/b/c", "missing/b"})
    EXPECT_FALSE(opens(key, O_RDONLY)) << key;
  ::close(root);
}

TEST(DirectorySource, TellsTimesOfAllYears) {
  const test::TempDir dir;
  test::write_file(dir / "f", "12345");
  DirectorySource source(dir.path().string());
  // Nanoseconds since 1970 would overflow in 2262. The file system may not take all of them.
  for (const std::int64_t seconds : {-1L, 10'000'000'000L, 300'000'000'000L, 9'000'000'000'000'000L}) {
    const timespec times[2] = {{0, 0}, {seconds, 123456789}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "f").c_str(), times, 0), 0);
    struct stat status {};
    ASSERT_EQ(::stat((dir / "f").c_str(), &status), 0);
    const auto object = source.list({}).objects.at(0);
    EXPECT_LT(object.last_modified, Time(std::chrono::sys_days(std::chrono::year(10000) / 1 / 1)));
    if (seconds < 253'000'000'000L) {
      const auto second = std::chrono::floor<std::chrono::seconds>(object.last_modified);
      EXPECT_EQ(second.time_since_epoch().count(), status.st_mtim.tv_sec);
    }
    EXPECT_EQ(read_all(*source.open(object, 0)), "12345");
  }
}

TEST(DirectorySource, TellsSizeTimeAndETag) {
  const test::TempDir dir;
  test::write_file(dir / "f", "12345");
  const timespec times[2] = {{0, 0}, {1663840733, 123456789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "f").c_str(), times, 0), 0);
  DirectorySource source(dir.path().string());
  const auto object = source.list({}).objects.at(0);
  EXPECT_EQ(object.size, 5U);
  EXPECT_EQ(object.etag, "5-1663840733123456789");
  EXPECT_EQ(object.last_modified.time_since_epoch().count(), 1663840733123456);
}

TEST(DirectorySource, ReadsFromAnOffset) {
  const test::TempDir dir;
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i * 31);
  test::write_file(dir / "f", bytes);
  test::write_file(dir / "empty", "");
  DirectorySource source(dir.path().string() + "/");
  const auto page = source.list({});
  EXPECT_EQ(read_all(*source.open(page.objects.at(1), 0), 4096), bytes);
  EXPECT_EQ(read_all(*source.open(page.objects.at(1), 99'990)), bytes.substr(99'990));
  EXPECT_EQ(read_all(*source.open(page.objects.at(1), bytes.size())), "");
  EXPECT_EQ(read_all(*source.open(page.objects.at(0), 0)), "");
  EXPECT_EQ(source.full_key("f"), (dir / "f").string());
  EXPECT_EQ(source.describe(), "directory " + dir.path().string());
}

TEST(DirectorySource, NoticesAFileThatChanged) {
  const test::TempDir dir;
  test::write_file(dir / "f", std::string(1000, 'a'));
  DirectorySource source(dir.path().string());
  const auto object = source.list({}).objects.at(0);
  const auto stream = source.open(object, 0);
  const auto cut = source.open(object, 0);
  std::string buffer(600, '\0');
  ASSERT_EQ(stream->read(buffer), 600U);
  ASSERT_EQ(cut->read(buffer), 600U);
  const timespec later[2] = {{0, 0}, {1, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "f").c_str(), later, 0), 0);
  EXPECT_EQ(kind_of([&] { read_all(*stream); }, ExitCode::TryAgain), ErrorKind::Retry);
  ASSERT_EQ(::truncate((dir / "f").c_str(), 500), 0);
  EXPECT_EQ(kind_of([&] { read_all(*cut); }, ExitCode::TryAgain), ErrorKind::Retry);
  EXPECT_EQ(kind_of([&] { source.open(object, 0); }, ExitCode::TryAgain), ErrorKind::Retry);
  fs::remove(dir / "f");
  EXPECT_EQ(kind_of([&] { source.open(object, 0); }, ExitCode::TryAgain), ErrorKind::Retry);
}

TEST(DirectorySource, SaysWhatIsWrongWithTheFolder) {
  const test::TempDir dir;
  test::write_file(dir / "f", "x");
  EXPECT_EQ(kind_of([&] { DirectorySource((dir / "missing").string()).list({}); }, ExitCode::Configuration),
            ErrorKind::Fatal);
  EXPECT_EQ(kind_of([&] { DirectorySource((dir / "f").string()).list({}); }, ExitCode::Configuration),
            ErrorKind::Fatal);
  EXPECT_EQ(kind_of([] { const DirectorySource unused(""); }, ExitCode::Configuration), ErrorKind::Fatal);
}

// The rights of root are those of nobody while this lives.
class AsNobody {
 public:
  AsNobody() : was_(::geteuid()) {
    if (was_ == 0 && ::seteuid(65534) != 0) throw std::runtime_error("seteuid failed");
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (::seteuid(was_) != 0) std::abort();
  }

 private:
  uid_t was_;
};

TEST(DirectorySource, SaysWhenItMayNotRead) {
  const test::TempDir dir;
  test::write_file(dir.path() / "a" / "f", "x");
  test::write_file(dir / "g", "x");
  DirectorySource source(dir.path().string());
  const auto object = source.list({.prefix = "g"}).objects.at(0);
  fs::permissions(dir / "a", fs::perms::none);
  fs::permissions(dir / "g", fs::perms::none);
  {
    const AsNobody nobody;
    EXPECT_EQ(kind_of([&] { all(source, {}); }, ExitCode::PermissionDenied), ErrorKind::Fatal);
    EXPECT_EQ(kind_of([&] { all(source, {.prefix = "a/", .delimited = true}); }, ExitCode::PermissionDenied),
              ErrorKind::Fatal);
    // It may hold keys; its siblings are listed all the same.
    EXPECT_EQ(all(source, {.delimited = true}), (std::vector<std::string>{"a/", "g"}));
    EXPECT_EQ(kind_of([&] { source.open(object, 0); }, ExitCode::PermissionDenied), ErrorKind::Fatal);
    // Not entered, so not in the way.
    EXPECT_EQ(all(source, {.prefix = "g"}), std::vector<std::string>{"g"});
    EXPECT_EQ(all(source, {.start_after = "b"}), std::vector<std::string>{"g"});
  }
  fs::permissions(dir / "a", fs::perms::owner_all);
}

}  // namespace
}  // namespace peo::source
