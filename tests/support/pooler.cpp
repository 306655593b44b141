#include "support/pooler.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace peo::test {

bool Pooler::wanted() { return std::getenv("PEO_TEST_POOLER") != nullptr; }

Pooler::Pooler(int server_port, std::optional<unsigned> user) : port_(free_port()) {
  const auto in = [&](const char* name) { return (directory_ / name).string(); };
  write_file(directory_ / "pgbouncer.ini",
             "[databases]\n* = host=127.0.0.1 port=" + std::to_string(server_port) +
                 "\n"
                 "[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " +
                 std::to_string(port_) +
                 "\nunix_socket_dir =\npool_mode = session\ndefault_pool_size = 50\nmax_client_conn = 200\n"
                 "auth_type = hba\nauth_hba_file = " +
                 in("hba") + "\nauth_file = " + in("users") +
                 "\nauth_user = postgres\nauth_query = SELECT usename, passwd FROM pg_catalog.pg_shadow "
                 "WHERE usename = $1\n");
  write_file(directory_ / "hba",
             "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
  write_file(directory_ / "users", "\"postgres\" \"\"\n");
  if (user) run({"chown", "-R", std::to_string(*user), directory_.path().string()});
  ProcessOptions options;
  options.clear_environment = true;
  options.user = user;
  options.working_directory = directory_.path();
  options.output_file = directory_ / "log";
  process_ = std::make_unique<Process>(std::vector<std::string>{"/usr/sbin/pgbouncer", in("pgbouncer.ini")},
                                       options);
  if (!wait_for_port(port_))
    throw std::runtime_error("PgBouncer did not start: " + read_file(directory_ / "log"));
}

}  // namespace peo::test
