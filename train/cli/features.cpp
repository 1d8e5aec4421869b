// medley features: pictures and texts as vectors.
#include <algorithm>
#include <span>

#include "autograd/ops/rows.h"
#include "core/error.h"
#include "core/str.h"
#include "train/checkpoint/tensor_file.h"
#include "train/cli/commands.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"

namespace medley::train {
namespace {

// A matrix of features, and what its rows belong to.
struct Rows {
  std::string name;
  std::vector<Json> labels;
  std::vector<Tensor> parts;

  Tensor all() const { return autograd::concat_rows(parts).to(Device{}); }
};

std::span<const float> row_of(const Tensor& rows, size_t row) {
  const auto width = static_cast<size_t>(rows.size(1));
  return {rows.data<float>() + row * width, width};
}

Json json_of(const std::vector<Rows>& all) {
  Json document = Json::object();
  for (const Rows& rows : all) {
    const Tensor values = rows.all();
    Json list = Json::array();
    for (size_t i = 0; i < rows.labels.size(); ++i) {
      Json vector = Json::array();
      for (const float v : row_of(values, i)) vector.push(static_cast<double>(v));
      Json entry = rows.labels[i];
      list.push(entry.set("vector", vector));
    }
    document.set(rows.name, list);
  }
  return document;
}

// One row a line: what it belongs to, then the numbers, separated by tabs.
void print_lines(const std::vector<Rows>& all) {
  for (const Rows& rows : all) {
    const Tensor values = rows.all();
    for (size_t i = 0; i < rows.labels.size(); ++i) {
      std::string line;
      for (const auto& [key, label] : rows.labels[i].members())
        line += (line.empty() ? "" : "\t") + label.text();
      for (const float v : row_of(values, i)) line += str("\t", v);
      print(line);
    }
  }
}

class Extractor {
 public:
  Extractor(const Pipeline& blip, const FeatureOptions& options) : blip_(blip), options_(options) {
    if (multimodal() && options.texts.empty())
      throw ConfigError("multimodal features need texts", "give some with --text");
  }

  void add_texts() {
    if (options_.texts.empty() || multimodal()) return;
    Rows& rows = rows_of("text_features");
    for (const std::string& text : options_.texts)
      rows.labels.push_back(Json::object().set("text", text));
    rows.parts.push_back(blip_.text_features(options_.texts, kind()));
  }

  void add_pictures(const std::vector<std::string>& files, const Tensor& pixels) {
    const EncodedPictures pictures = blip_.encode_pictures(pixels);
    if (multimodal()) {
      Rows& rows = rows_of("multimodal_features");
      for (const std::string& file : files)
        for (const std::string& text : options_.texts)
          rows.labels.push_back(Json::object().set("file", file).set("text", text));
      rows.parts.push_back(blip_.pair_features(pictures, options_.texts));
      return;
    }
    Rows& rows = rows_of("image_features");
    for (const std::string& file : files) rows.labels.push_back(Json::object().set("file", file));
    rows.parts.push_back(blip_.image_features(pictures, kind()));
  }

  const std::vector<Rows>& all() const { return all_; }

 private:
  bool multimodal() const { return options_.kind == "multimodal"; }
  Pipeline::Features kind() const {
    return options_.kind == "state" ? Pipeline::Features::state : Pipeline::Features::contrast;
  }
  Rows& rows_of(const char* name) {
    const auto found =
        std::find_if(all_.begin(), all_.end(), [&](const Rows& rows) { return rows.name == name; });
    return found != all_.end() ? *found : all_.emplace_back(Rows{name, {}, {}});
  }

  const Pipeline& blip_;
  const FeatureOptions& options_;
  std::vector<Rows> all_;
};

}  // namespace

int features(const FeatureOptions& options) {
  const std::vector<std::string> files =
      options.files.empty() ? std::vector<std::string>{} : picture_files(options.files);
  if (files.empty() && options.texts.empty())
    throw ConfigError("there is nothing to make features of",
                      "name pictures, or texts with --text");
  const Pipeline blip = Pipeline::open(options.model, options.open);
  Extractor extractor(blip, options);
  extractor.add_texts();
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, blip, options.pictures,
                     [&](const std::vector<std::string>& good, const Tensor& pixels, double) {
                       extractor.add_pictures(good, pixels);
                     });
  if (!options.out.empty()) {
    std::vector<models::NamedTensor> tensors;
    for (const Rows& rows : extractor.all()) tensors.push_back({rows.name, rows.all()});
    write_tensor_file(options.out, tensors, {});
  }
  if (options.json)
    print_json(json_of(extractor.all()));
  else if (options.out.empty())
    print_lines(extractor.all());
  return report_pictures(errors);
}

}  // namespace medley::train
