// What is measured of a model on a data set, as JSON: docs/evaluation.md explains every figure.
// Under metrics.json's eval.<split> stands what evaluate_split gives.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"
#include "models/nlvr/nlvr.h"
#include "models/objectives/objective.h"
#include "models/text/tokenizer.h"
#include "models/vqa/vqa.h"
#include "train/data/dataset.h"
#include "train/eval/captioning.h"
#include "train/pipeline/pipeline.h"

namespace medley::train {

struct EvalOptions {
  bool retrieval = true, captions = true;  // of a Blip
  // 95 % intervals and the trivial answer's figures; training does without on the way.
  bool intervals = true;
  int64_t batch_size = 64;
  int64_t rerank = 16;  // candidates that ITM orders again; 0: ITC alone
  models::Blip::FirstToken first = models::Blip::FirstToken::enc;  // before a text beside a picture
  CaptionRules caption = {};
  AnswerRules answers = {};
  // Classification: each class stands in place of {}. No classes: those of the data.
  std::vector<std::string> templates = {"a picture of {}"}, classes = {};
};

struct Evaluated {
  Json figures;
  // What the model said of each item. Captions have COCO's result form, answers that of VQA; the
  // others are lists of objects.
  Json said;
};

// {"images", "texts", "i2t": {"r1", "r5", "r10"}, "t2i", "i2t_itm", "t2i_itm", "captions":
// {"exact", "token_f1", "bleu1" .. "bleu4", "rouge_l", "cider"}}; said: the captions if they are
// asked for, else the searches.
Evaluated evaluate_captions(const models::Blip& model, const models::Tokenizer& tokenizer,
                            const Dataset& data, const EvalOptions& options);
// {"questions", "images", "unknown", "vqa": {"accuracy"}}. `unknown` questions have no answer to
// compare with; when none has, there is no accuracy.
Evaluated evaluate_questions(models::Vqa& model, const models::Tokenizer& tokenizer,
                             const Dataset& data, const EvalOptions& options);
// {"sentences", "unknown", "nlvr": {"accuracy"}}
Evaluated evaluate_comparisons(models::Nlvr& model, const models::Tokenizer& tokenizer,
                               const Dataset& data, const EvalOptions& options);
// {"images", "classes", "classify": {"accuracy", "top5"}}: zero-shot, a picture's captions are the
// names of its classes. No top5 for five classes or fewer.
Evaluated evaluate_classes(const models::Blip& model, const models::Tokenizer& tokenizer,
                           const Dataset& data, const EvalOptions& options);
// {"videos", "texts", "v2t": {"r1", "r5", "r10", "median_rank"}, "t2v", "v2t_itm", "t2v_itm"}:
// zero-shot, a video's pictures are its frames.
Evaluated evaluate_videos(const models::Blip& model, const models::Tokenizer& tokenizer,
                          const Dataset& data, const EvalOptions& options);

// By the kind of model: captions, questions or comparisons.
Evaluated evaluate_split(const models::AnyModel& model, const models::Tokenizer& tokenizer,
                         const Dataset& data, const EvalOptions& options);
Evaluated evaluate_loaded(LoadedModel& loaded, const Dataset& data, const EvalOptions& options);

// An id as the source wrote it: a number where it is one.
Json id_as_json(const std::string& id);

}  // namespace medley::train
