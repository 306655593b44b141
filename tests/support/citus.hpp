// A Citus cluster for tests, where PEO_TEST_CITUS names its coordinator (host:port; the role postgres,
// without a password). Databases of the tests are then made there and on all of its workers, and every entity
// table is distributed by the first column of its primary key as soon as it is created, in
// PEO_TEST_CITUS_SHARDS shards (default: 4). Nothing here installs or starts Citus.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace peo::test {

struct CitusNode {
  std::string host, port;
  std::string conninfo(const std::string& database) const;
};

class CitusCluster {
 public:
  // None: PEO_TEST_CITUS isn't set.
  static const std::optional<CitusCluster>& wanted();

  explicit CitusCluster(const std::string& coordinator);
  // Gives the conninfo at the coordinator.
  std::string create_database(const std::string& name) const;
  void drop_database(const std::string& name) const;
  const CitusNode& coordinator() const { return nodes_.front(); }
  const std::vector<CitusNode>& nodes() const { return nodes_; }  // the coordinator first

 private:
  std::vector<CitusNode> nodes_;
};

}  // namespace peo::test
