// COPY's binary format: values encoded here, which saves the server about half of its work.
#include <utility>

#include "target/copy/copy_format.hpp"
#include "target/copy/row_encoder.hpp"

namespace peo::target {
namespace {

class CopyBinary final : public CopyFormat {
 public:
  explicit CopyBinary(RowEncoder encoder) : encoder_(std::move(encoder)) {}

  std::string_view rows(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) override {
    begin();
    for (std::size_t row = first; row < last; ++row) encoder_.append(batch, row, out_);
    return out_.bytes();
  }

  std::string_view end() override {
    begin();
    encode::write_trailer(out_);
    return out_.bytes();
  }

 private:
  void begin() {
    out_.clear();
    // Once per COPY, in front of the first row, or of the trailer if there is none.
    if (!begun_) encode::write_header(out_);
    begun_ = true;
  }

  RowEncoder encoder_;
  encode::CopyBuffer out_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<CopyFormat> binary_copy(const Table& table, CopyPlace place) {
  auto encoder = RowEncoder::of(table, place);
  return encoder ? std::make_unique<CopyBinary>(std::move(*encoder)) : nullptr;
}

}  // namespace peo::target
