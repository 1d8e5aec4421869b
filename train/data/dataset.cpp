// What a data set is, in 64 bits.
#include "train/data/dataset.h"

#include <cstdio>

#include "train/io/checksum.h"

namespace medley::train {

uint64_t Dataset::checksum() const {
  Checksum sum;
  for (int64_t i = 0; i < size(); ++i) {
    const Row row = this->row(i);
    sum.add_text(row.text);
    for (const std::string& reference : row.references) sum.add_text(reference);
    for (const Answer& answer : row.answers) {
      sum.add_text(answer.text);
      sum.add_number(static_cast<uint64_t>(1e6 * answer.weight));
    }
    sum.add_number(row.truth ? 1 + *row.truth : 0);
    for (const int64_t picture : row.pictures) sum.add_text(picture_name(picture));
    sum.add_text(row.id);
  }
  return sum.value();
}

Json identity_of(const Dataset& data) {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(data.checksum()));
  return Json::object()
      .set("rows", data.size())
      .set("pictures", data.pictures())
      .set("checksum", std::string(hex));
}

}  // namespace medley::train
