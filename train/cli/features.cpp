// medley features: pictures and texts as vectors.
#include <algorithm>
#include <span>

#include "autograd/ops/rows.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "models/text/pass.h"
#include "train/checkpoint/tensor_file.h"
#include "train/cli/commands.h"
#include "train/cli/open_model.h"
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

// The first token's state of every sequence.
Tensor first_states(const Tensor& states, const models::PackedText& text) {
  return autograd::gather_rows(states, models::first_rows(text));
}

Tensor class_tokens(const Tensor& tokens) {
  return tokens.slice(1, 0, 1).contiguous().view({tokens.size(0), tokens.size(2)});
}

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
  Extractor(const OpenModel& open, const FeatureOptions& options)
      : open_(open), options_(options), kind_(options.kind) {
    open.require(open.blip || (open.base && kind_ == "contrast"), "features of this kind");
    if (kind_ == "contrast")
      open.require(open.projections, "projections into a common space");
    else if (!options.texts.empty())
      open.require(open.matching, "text encoder");
    if (kind_ == "multimodal" && options.texts.empty())
      throw ConfigError("multimodal features need texts", "give some with --text");
    std::vector<std::vector<int32_t>> ids;
    for (const std::string& text : options.texts) ids.push_back(open.encode(text));
    texts_ = models::pack(ids);
  }

  void add_texts() {
    if (options_.texts.empty() || kind_ == "multimodal") return;
    Rows& rows = rows_of("text_features");
    for (const std::string& text : options_.texts)
      rows.labels.push_back(Json::object().set("text", text));
    rows.parts.push_back(open_.base ? open_.base->text_features(texts_)
                         : kind_ == "contrast"
                             ? open_.blip->text_features(texts_)
                             : first_states(open_.blip->text_states(texts_), texts_));
  }

  void add_pictures(const std::vector<std::string>& files, const Tensor& pixels) {
    if (kind_ == "multimodal") {
      add_pairs(files, open_.blip->encode_image(pixels));
      return;
    }
    Rows& rows = rows_of("image_features");
    for (const std::string& file : files) rows.labels.push_back(Json::object().set("file", file));
    rows.parts.push_back(open_.base ? open_.base->image_features(pixels) : own_features(pixels));
  }

  const std::vector<Rows>& all() const { return all_; }

 private:
  Rows& rows_of(const char* name) {
    const auto found =
        std::find_if(all_.begin(), all_.end(), [&](const Rows& rows) { return rows.name == name; });
    return found != all_.end() ? *found : all_.emplace_back(Rows{name, {}, {}});
  }

  Tensor own_features(const Tensor& pixels) const {
    const Tensor tokens = open_.blip->encode_image(pixels);
    return kind_ == "contrast" ? open_.blip->image_features(tokens) : class_tokens(tokens);
  }

  // Every picture with every text.
  void add_pairs(const std::vector<std::string>& files, const Tensor& tokens) {
    const auto count = static_cast<int64_t>(options_.texts.size());
    for (size_t i = 0; i < files.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      const Tensor image = tokens.slice(0, row, row + 1).contiguous();
      Rows& rows = rows_of("multimodal_features");
      rows.parts.push_back(first_states(
          open_.blip->multimodal_states(image, texts_, Tensor::zeros({count}, DType::i32)),
          texts_));
      for (const std::string& text : options_.texts)
        rows.labels.push_back(Json::object().set("file", files[i]).set("text", text));
    }
  }

  const OpenModel& open_;
  const FeatureOptions& options_;
  std::string kind_;
  models::PackedText texts_;
  std::vector<Rows> all_;
};

}  // namespace

int features(const FeatureOptions& options) {
  const autograd::NoGrad no_grad;
  const std::vector<std::string> files =
      options.files.empty() ? std::vector<std::string>{} : picture_files(options.files);
  if (files.empty() && options.texts.empty())
    throw ConfigError("there is nothing to make features of",
                      "name pictures, or texts with --text");
  const OpenModel open = open_model(options.model, options.device);
  Extractor extractor(open, options);
  extractor.add_texts();
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, open.config.image_size,
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
