// Deliveries to load one after the other, and the reader that reads ahead over all of them. The reader starts
// when it is first needed, at the first delivery that isn't loaded. One thread.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "loader/parse_ahead.hpp"

namespace peo::loader {

class DeliveryQueue {
 public:
  using MakeReader = std::function<std::unique_ptr<ParseAhead>(std::span<const Delivery>)>;

  // The deliveries must outlive this.
  DeliveryQueue(std::span<const Delivery> deliveries, MakeReader make_reader)
      : rest_(deliveries), make_reader_(std::move(make_reader)) {}

  std::span<const Delivery> rest() const { return rest_; }
  ParseAhead& reader() {
    if (!reader_) reader_ = make_reader_(rest_);
    return *reader_;
  }
  // Removes the first ones. The reader must have read exactly these, else call read_again().
  void pop(std::size_t count) { rest_ = rest_.subspan(count); }
  // Restarts the reader at the first of the rest.
  void read_again() { reader_.reset(); }

 private:
  std::span<const Delivery> rest_;
  MakeReader make_reader_;
  std::unique_ptr<ParseAhead> reader_;
};

}  // namespace peo::loader
