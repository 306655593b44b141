// Loads a full load that was rewritten: its files are loaded together, in one transaction, and rows that are
// in none of them are removed from the table. If all files have the same content as before (a copied bucket),
// only their new ETags are recorded. One thread.
#pragma once
#include <span>

#include "base/delivery.hpp"
#include "loader/batch_loader.hpp"
#include "loader/late_files.hpp"

namespace peo::loader {

class ReloadLoader {
 public:
  // All must outlive this.
  ReloadLoader(LateFileLoader& late_files, BatchLoader& batches, DeliveryLog& log)
      : late_files_(late_files), batches_(batches), log_(log) {}

  // All files of one entity's reload.
  void load(std::span<const Delivery> files);

 private:
  void skip(std::span<const Delivery> files, const Delivery& asked);

  LateFileLoader& late_files_;
  BatchLoader& batches_;
  DeliveryLog& log_;
};

}  // namespace peo::loader
