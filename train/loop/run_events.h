// What training shows TensorBoard: the numbers of metrics.jsonl, and a few pictures of a split with
// what the model says of them. A view that cannot be written costs the view, not the run.
#pragma once

#include <memory>
#include <string>

#include "core/json.h"
#include "models/objectives/objective.h"
#include "models/text/tokenizer.h"
#include "train/data/dataset.h"
#include "train/io/event_file.h"

namespace medley::train {

class RunEvents {
 public:
  RunEvents() = default;  // shows nothing
  RunEvents(const std::string& folder, int64_t step);

  void line(const Json& line);  // of metrics.jsonl
  // Nothing for a model that writes no captions.
  void samples(const models::AnyModel& model, const models::Tokenizer& tokenizer,
               const Dataset& data, const std::string& prompt, int64_t step);

 private:
  template <class Write>
  void attempt(const Write& write);

  std::unique_ptr<EventFile> file_;
};

}  // namespace medley::train
