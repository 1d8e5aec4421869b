// medley eval: figures of a trained model on splits or on data of the user.
#include "train/eval/evaluate.h"

#include <filesystem>

#include "core/error.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/data/open.h"
#include "train/report/finish.h"

namespace medley::train {

int evaluate(const EvalCommandOptions& options) {
  if (options.data.empty() != options.images.empty())
    throw ConfigError("--data and --images go together: the list and the tar of its pictures");
  if (!options.data.empty() && !options.splits.empty())
    throw ConfigError("give either --split or --data with --images");
  LoadedModel loaded = load_model(options.run, {.device = options.device});
  loaded.require(options.captions ? loaded.captions() : loaded.matching(),
                 options.captions ? "caption decoder" : "matching head");
  Json eval = Json::object();
  if (options.data.empty()) {
    const auto& splits = options.splits.empty() ? loaded.config.eval.splits : options.splits;
    if (splits.empty())
      throw ConfigError(loaded.source + " has no splits of its own",
                        "name some with --split, or give --data and --images");
    eval = evaluate_splits(loaded, splits, !options.captions, options.captions);
  } else {
    EvalOptions what{loaded.config.eval.rerank, loaded.config.eval.batch_size, !options.captions,
                     options.captions};
    eval.set(std::filesystem::path(options.data).stem().string(),
             evaluate_split(*loaded.model, loaded.tokenizer,
                            *open_data(options.data, {.images = options.images}).data, what));
  }
  if (options.json)
    print_json(Json::object().set("checkpoint", loaded.source).set("eval", eval));
  else
    print_eval(eval);
  return 0;
}

}  // namespace medley::train
