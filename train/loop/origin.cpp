// Weights of a trained model for a new objective.
#include "train/loop/origin.h"

#include <filesystem>
#include <map>

#include "core/error.h"
#include "core/str.h"
#include "models/weights/load.h"
#include "models/weights/names.h"

namespace medley::train {
namespace {

// What fits is taken, all else stays as it is.
models::LoadOptions lenient() {
  models::LoadOptions options;
  options.allow_missing = options.allow_unexpected = true;
  options.allow_other_shape = options.allow_fewer_rows = options.allow_untied = true;
  return options;
}

// text_encoder.encoder.layer.3.output.dense.weight -> text_encoder.encoder.layer.*.output.dense
std::string module_of(const std::string& name) {
  std::string module, part;
  for (const char c : name.substr(0, name.rfind('.')) + ".") {
    if (c != '.') {
      part += c;
      continue;
    }
    const bool number = part.find_first_not_of("0123456789") == part.npos;
    module += (module.empty() ? "" : ".") + (number ? "*" : part);
    part.clear();
  }
  return module;
}

// "itm_head, text_encoder.encoder.layer.*.crossattention.output.merge_layer"
std::string modules_of(const std::vector<std::string>& names) {
  std::string text;
  std::map<std::string, int> seen;
  for (const std::string& name : names)
    if (const std::string module = module_of(name); seen[module]++ == 0)
      text += (text.empty() ? "" : ", ") + module;
  return text;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

models::LoadOptions with_stand_ins() {
  models::LoadOptions options = lenient();
  options.stand_ins = models::related_names;
  return options;
}

// Towers that follow the student's, from the files that hold them.
void start_followers(models::Objective& objective, const Origin& origin) {
  objective.restart();
  for (const auto& [name, arena] : objective.state().arenas) {
    const std::string own = origin.weights + "/" + name + ".safetensors";
    std::error_code error;
    models::WeightFiles files(std::filesystem::exists(own, error) ? own : origin.weights);
    models::load_weights(files, {arena}, lenient());
  }
}

}  // namespace

void check_sizes(const TrainConfig& config, const Origin& origin) {
  const models::ModelConfig &own = config.model, &theirs = origin.model;
  const struct {
    const char* key;
    int64_t wanted, there;
  } sizes[] = {{"patch_size", own.patch_size, theirs.patch_size},
               {"vit_width", own.vit_width, theirs.vit_width},
               {"vit_depth", own.vit_depth, theirs.vit_depth},
               {"vit_heads", own.vit_heads, theirs.vit_heads},
               {"vit_ffn", own.vit_ffn_width(), theirs.vit_ffn_width()},
               {"text_width", own.text_width, theirs.text_width},
               {"text_depth", own.text_depth, theirs.text_depth},
               {"text_heads", own.text_heads, theirs.text_heads},
               {"text_ffn", own.ffn_width(), theirs.ffn_width()},
               {"embed_dim", own.embed_dim, theirs.embed_dim}};
  for (const auto& size : sizes)
    if (size.wanted != size.there)
      throw ConfigError(str("model.", size.key, " is ", size.wanted, " but ", origin.weights,
                            " has ", size.there),
                        "a fine-tuning has the sizes of the model that it starts from");
}

Taken start_from(models::Objective& objective, const Origin& origin) {
  models::WeightFiles files(origin.weights);
  const models::LoadReport report =
      models::load_weights(files, {&objective.weights().weights}, with_stand_ins());
  if (report.loaded == 0) throw DataError(origin.weights + " holds nothing that this model has");
  objective.weights().refresh();
  start_followers(objective, origin);

  Taken taken;
  std::vector<std::string>& lines = taken.lines;
  lines.push_back(str("loaded ", report.loaded, " tensors of ", origin.weights));
  if (!report.stood_in.empty())
    lines.push_back(str("started from their like (", report.stood_in.size(),
                        " of them): ", modules_of(report.stood_in)));
  if (!report.resized.empty()) lines.push_back("resized: position embeddings of the pictures");
  if (!report.untied.empty())
    lines.push_back(str("left out, since they share weights here (", report.untied.size(),
                        " of them): ", modules_of(report.untied)));
  if (!report.fewer_rows.empty())
    lines.push_back("further rows are new: " + joined(report.fewer_rows));
  taken.new_names = report.missing;
  for (const std::string& shapes : report.other_shape)
    taken.new_names.push_back(shapes.substr(0, shapes.find(' ')));
  if (!taken.new_names.empty()) lines.push_back("new (drawn): " + modules_of(taken.new_names));
  return taken;
}

}  // namespace medley::train
