// Checks each row of an annotation list, field by field.
#include "train/data/annotations.h"

#include "core/error.h"
#include "core/json.h"
#include "core/read_text.h"
#include "core/str.h"
#include "models/text/tokenizer.h"

namespace medley::train {
namespace {

// Where a value stands, for messages.
struct Place {
  const std::string& path;
  size_t row;

  DataError error(const char* field, const std::string& problem) const {
    return DataError(str("[annotations] ", path, ", row ", row, ", field '", field, "': ", problem),
                     "a row is {\"image\": \"folder/name.png\", \"caption\": \"some words\"}");
  }
  const std::string& text(const Json& value, const char* field) const {
    if (!value.is_string()) throw error(field, "it must be a text but is " + brief(value));
    return value.text();
  }
  const std::string& text_field(const Json& row_value, const char* field) const {
    const Json* value = row_value.find(field);
    if (!value) throw error(field, "it is missing");
    return text(*value, field);
  }
  static std::string brief(const Json& value) {
    const std::string dump = value.dump();
    return dump.size() > 40 ? dump.substr(0, 40) + "..." : dump;
  }
};

}  // namespace

std::vector<Annotation> read_annotations(const std::string& path) {
  std::vector<Annotation> rows;
  Json::each_element(read_text(path), path, [&](const Json& value) {
    const Place place{path, rows.size()};
    if (!value.is_object())
      throw DataError(str("[annotations] ", path, ", row ", place.row, " must be an object but is ",
                          Place::brief(value)));
    Annotation row{place.text_field(value, "image"), place.text_field(value, "caption"), {}};
    if (row.image.empty()) throw place.error("image", "it is empty");
    if (models::clean_caption(row.caption).empty())
      throw place.error("caption", "'" + row.caption + "' has no words");
    if (const Json* references = value.find("references"); references && !references->is_null()) {
      if (!references->is_array())
        throw place.error("references",
                          "it must be a list of texts but is " + Place::brief(*references));
      for (const Json& reference : references->items())
        row.references.push_back(place.text(reference, "references"));
    }
    rows.push_back(std::move(row));
  });
  return rows;
}

}  // namespace medley::train
