// Everything that is measured on one split, as it stands in metrics.json under eval.<split>.
#pragma once

#include <cstdint>

#include "core/json.h"
#include "models/blip/blip.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"

namespace medley::train {

struct EvalOptions {
  int64_t rerank = 16;  // 0: ITC alone
  int64_t batch_size = 64;
  bool retrieval = true;
  bool captions = true;
};

// {"images", "texts", "i2t": {"r1", "r5"}, "t2i", "i2t_itm", "t2i_itm", "captions": {"exact",
// "token_f1", "bleu2"}}
Json evaluate_split(models::Blip& model, const models::Tokenizer& tokenizer, const Dataset& data,
                    const EvalOptions& options);

}  // namespace medley::train
