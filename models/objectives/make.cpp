// The table of objectives.
#include "models/objectives/make.h"

#include "core/error.h"
#include "core/str.h"
#include "core/suggest.h"
#include "models/objectives/answering.h"
#include "models/objectives/captioning.h"
#include "models/objectives/pretrain.h"
#include "models/objectives/reasoning.h"
#include "models/objectives/retrieval.h"

namespace medley::models {

std::vector<std::string> objective_names() {
  return {"pretrain", "retrieval", "caption", "vqa", "nlvr"};
}

std::unique_ptr<Objective> make_objective(const std::string& name, const NewObjective& how) {
  const auto blip = [&] {
    return std::make_shared<Blip>(how.model, how.tokens, how.dtype, how.device, how.seed,
                                  how.losses.temperature);
  };
  if (name == "pretrain") return std::make_unique<Pretraining>(blip(), how.losses, how.seed);
  if (name == "retrieval") return std::make_unique<Retrieval>(blip(), how.losses, how.seed);
  if (name == "caption")
    return std::make_unique<Captioning>(blip(), how.losses.label_smoothing, how.given, how.seed);
  if (name == "vqa")
    return std::make_unique<Answering>(
        std::make_shared<Vqa>(how.model, how.tokens, how.dtype, how.device, how.seed,
                              how.losses.label_smoothing),
        how.losses.label_smoothing, how.seed);
  if (name == "nlvr")
    return std::make_unique<Reasoning>(
        std::make_shared<Nlvr>(how.model, how.tokens, how.dtype, how.device, how.seed), how.seed);
  throw ConfigError(
      str("there is no objective '", name, "'", did_you_mean(name, objective_names())),
      "it is pretrain, retrieval, caption, vqa or nlvr");
}

}  // namespace medley::models
