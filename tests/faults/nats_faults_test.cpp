// Faults between the loader and the broker: loading never stops, and in the end a stream has each message
// once, in order.
#include <array>

#include "fault_world.hpp"

namespace peo::test {
namespace {

using ::testing::IsEmpty;

class NatsFaults : public FaultWorld {};

TEST_F(NatsFaults, KilledOrCutWhilePublishing) {
  enum class Blow { KillLoader, Cut, KillServer, PauseServer };
  std::size_t turn = 0;
  for (const unsigned nth : {1U, 3U, 12U}) {
    for (const auto moment : {Moment::Before, Moment::AfterAnswer}) {
      for (const auto blow : {Blow::KillLoader, Blow::Cut, Blow::KillServer, Blow::PauseServer}) {
        if (!all_faults() && turn++ % 7 != 0) continue;
        SCOPED_TRACE(fmt::format("message {}, {}, blow {}", nth,
                                 moment == Moment::Before ? "before" : "after", static_cast<int>(blow)));
        new_target();
        nats_gate_.at({.words = "PUB paper-engine.meta.orders.change",
                       .nth = nth,
                       .moment = moment,
                       .action = [&, blow] {
                         if (blow == Blow::KillLoader) loader_->process().signal(SIGKILL);
                         if (blow == Blow::KillServer) {
                           nats_.kill();
                           nats_.start();
                         }
                         if (blow == Blow::PauseServer) {
                           nats_.pause();
                           std::this_thread::sleep_for(std::chrono::milliseconds(500));
                           nats_.resume();
                         }
                         return blow == Blow::PauseServer ? Fate::Pass : Fate::Cut;
                       }});
        EXPECT_EQ(run_to_the_end(), blow == Blow::KillLoader ? 1 : 0);
        EXPECT_TRUE(nats_gate_.rule_used()) << loader_->log();
        EXPECT_THAT(texts_of(loader_->log(), "ERROR"), IsEmpty()) << loader_->log();
        expect_all_well();
      }
    }
  }
}

// Away from the beginning, slow, throttled, vanished: the rows don't wait for it.
TEST_F(NatsFaults, OutOfReach) {
  for (const auto& faults :
       {GateFaults{.delay = std::chrono::milliseconds(5)}, GateFaults{.bytes_per_second = 20'000},
        GateFaults{.refuse = true}, GateFaults{.vanish = true}}) {
    new_target();
    nats_gate_.faults(faults);
    loader_ = std::make_unique<RunningLoader>(loader_command, settings());
    Database sql(database_->conninfo());
    if (faults.refuse || faults.vanish) {
      EXPECT_TRUE(eventually([&] {
        return sql.value("SELECT to_regclass('loader_deliveries') IS NOT NULL") == "t" &&
               sql.value("SELECT count(*) FROM loader_deliveries") == std::to_string(stream_.files.size());
      })) << loader_->log();
      nats_gate_.faults({});
    }
    EXPECT_EQ(loader_->process().wait(), 0) << loader_->log();
    expect_all_well();
  }
}

}  // namespace
}  // namespace peo::test
