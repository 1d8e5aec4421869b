// What is trained: a model, the losses of a batch, and what a step moves beside the weights. The
// trainer, the checkpoint, the report and the benchmark know this type and no loss by name. One
// file per objective stands beside this one; step.h holds the order in which a step calls them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "autograd/nn/parameters.h"
#include "models/batch.h"
#include "models/dropout_sites.h"
#include "models/weights/safetensors.h"

namespace medley::models {

class Blip;
class Vqa;
class Nlvr;
using AnyModel = std::variant<std::shared_ptr<Blip>, std::shared_ptr<Vqa>, std::shared_ptr<Nlvr>>;

// The numbers of a batch. They exist once, on the model's device, where kernels read them when they
// run: a recorded graph has its arguments fixed, while these move on.
struct BatchNumbers {
  uint64_t batch = 0;  // counts over the whole run; with the seed it keys every draw
  double alpha = 0;    // weight of soft targets
  double keep = 0;     // what stays of a moving average at this step
};

struct LossInfo {
  std::string name;              // key in metrics.jsonl: "itc"
  std::string title;             // "ITC: which text goes with which picture"
  std::optional<double> chance;  // its value for a model that guesses; none: it depends on the data
  std::string chance_formula;    // "ln 64"; empty: the number says it
  int64_t plateau = 300;         // steps that it may stay there, and all is well
};
// A loss that picks one of `choices`.
LossInfo one_of(std::string name, std::string title, int64_t choices);

// A number of training, as metrics.jsonl has it: a loss, another mean over batches and steps, or
// the last value.
struct Figure {
  enum Kind { loss, mean, last };
  std::string name;
  Kind kind = mean;
};

// What is measured on a split, and the figure that says which of two checkpoints is better, as a
// path in the JSON of train/eval/evaluate.h: the higher, the better.
struct Evaluation {
  bool retrieval = false, captions = false;
  std::vector<std::string> best;
};

struct BatchResult {
  Tensor total;                // scalar, differentiable
  std::vector<Tensor> losses;  // scalars, in the order of Objective::losses_of()
  std::vector<Tensor> kept;    // what read() and commit() need after backward
};

// What a checkpoint holds beside the weights, by file; counters go to its state.json.
struct ObjectiveState {
  struct Counter {
    std::string name;
    int64_t* value;
    int64_t most;  // it is 0 to this
  };
  std::vector<std::pair<std::string, const FlatArena*>> arenas;
  std::vector<std::pair<std::string, std::vector<NamedTensor>>> tensors;
  std::vector<Counter> counters;
};

class Objective {
 public:
  virtual ~Objective() = default;
  Objective(const Objective&) = delete;
  Objective& operator=(const Objective&) = delete;

  virtual AnyModel model() const = 0;
  autograd::ParameterStore& weights() const { return weights_; }
  Device device() const { return numbers_.device(); }

  // Its losses, with their values by chance for batches of this size.
  virtual std::vector<LossInfo> losses_of(int64_t batch_size) const = 0;
  virtual std::vector<Figure> figures() const = 0;
  virtual Evaluation evaluation() const = 0;

  // Before the first batch of a step (both count from 0): writes its numbers, then prepares. A step
  // that is begun again, because something else than its numbers was wrong, is not prepared twice.
  void begin(int64_t step, int64_t batch);
  // The step that is prepared, for checkpoints; -1: none is.
  int64_t prepared() const { return prepared_; }
  void set_prepared(int64_t step) { prepared_ = step; }
  // Before each of the step's other batches.
  void next_batch(int64_t batch);
  // The losses of a batch on the model's device, on the current tape.
  virtual BatchResult losses(const Batch& batch) = 0;
  // After a good step, for each of its batches.
  virtual void commit(const BatchResult& result);
  // The values of figures() for a batch; waits for the device.
  virtual std::vector<double> read(const BatchResult& result) const;

  // Whether losses() is work for the device only, so that a graph can hold it. It is given padded
  // text then (models::pad), and reads nothing of it that is on the host but its sizes.
  virtual bool recordable() const { return false; }
  // Tokens at the beginning of each text that no loss asks for: what pad() is told.
  virtual int64_t given() const { return 1; }
  virtual ObjectiveState state() { return {}; }
  // The weights were set from outside: what follows them starts from them anew.
  virtual void restart() {}

 protected:
  // Throws ValueError for a model without gradients.
  Objective(autograd::ParameterStore& weights, uint64_t seed);
  virtual BatchNumbers numbers_of(int64_t step) const;  // all but the batch
  virtual void prepare() {}

  uint64_t seed() const { return seed_; }
  // On the device; null on Meta.
  const BatchNumbers* numbers() const;
  DropoutSites sites(double p, DropoutSites::Pass pass) const;

 private:
  autograd::ParameterStore& weights_;
  uint64_t seed_;
  BatchNumbers now_;
  int64_t prepared_ = -1;
  Tensor numbers_;  // one BatchNumbers, as u8
};

}  // namespace medley::models
