// A row is its fields, one after the other: numbers in groups of seven bits, texts with their
// length before them.
#include <bit>
#include <string_view>

#include "train/data/row_dataset.h"

namespace medley::train {
namespace {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  void number(uint64_t value) {
    for (; value > 0x7F; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void text(const std::string& value) {
    number(value.size());
    out_ += value;
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(in_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  std::string text() {
    const size_t size = number();
    at_ += size;
    return std::string(in_.substr(at_ - size, size));
  }

 private:
  std::string_view in_;
  size_t at_ = 0;
};

}  // namespace

void PackedRows::add(const Row& row) {
  Writer out(bytes_);
  out.text(row.text);
  out.number(row.references.size());
  for (const std::string& text : row.references) out.text(text);
  out.number(row.answers.size());
  for (const Answer& answer : row.answers) {
    out.text(answer.text);
    out.number(std::bit_cast<uint64_t>(answer.weight));
  }
  out.number(row.truth ? 1 + *row.truth : 0);
  out.number(row.pictures.size());
  for (const int64_t picture : row.pictures) out.number(static_cast<uint64_t>(picture));
  out.text(row.id);
  out.text(row.error);
  begins_.push_back(bytes_.size());
}

Row PackedRows::at(int64_t index) const {
  const uint64_t begin = begins_[static_cast<size_t>(index)];
  Reader in(
      std::string_view(bytes_).substr(begin, begins_[static_cast<size_t>(index) + 1] - begin));
  Row row;
  row.text = in.text();
  row.references.resize(in.number());
  for (std::string& text : row.references) text = in.text();
  row.answers.resize(in.number());
  for (Answer& answer : row.answers) {
    answer.text = in.text();
    answer.weight = std::bit_cast<double>(in.number());
  }
  if (const uint64_t truth = in.number(); truth > 0) row.truth = truth == 2;
  row.pictures.resize(in.number());
  for (int64_t& picture : row.pictures) picture = static_cast<int64_t>(in.number());
  row.id = in.text();
  row.error = in.text();
  return row;
}

}  // namespace medley::train
