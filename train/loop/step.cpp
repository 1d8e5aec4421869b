// One optimizer step and what is done when it is not finite.
#include "train/loop/step.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/tape.h"
#include "core/str.h"
#include "models/weights/safetensors.h"
#include "train/io/files.h"
#include "train/loop/finite.h"

namespace medley::train {
namespace {

// The queue rows that a step writes, as they were: a skipped step must not leave its features
// behind.
class QueueUndo {
 public:
  QueueUndo(models::FeatureQueue& queue, int64_t size, int64_t batch)
      : queue_(queue), next_(queue.next), rows_(std::min(size, batch)), size_(size) {
    move([](char* queue_row, char* kept) { return std::pair(kept, queue_row); });
  }
  void restore() {
    move([](char* queue_row, char* kept) { return std::pair(queue_row, kept); });
    queue_.next = next_;
  }

 private:
  template <class Direction>
  void move(Direction direction) {
    if (rows_ == 0) return;
    size_t at = 0;
    for (const Tensor& tensor : {queue_.image, queue_.text, queue_.caption}) {
      size_t row_bytes = tensor.bytes() / static_cast<size_t>(size_);
      kept_.resize(std::max(kept_.size(), at + row_bytes * static_cast<size_t>(rows_)));
      for (int64_t i = 0; i < rows_; ++i, at += row_bytes) {
        auto row = static_cast<size_t>((next_ + i) % size_);
        auto [to, from] =
            direction(static_cast<char*>(tensor.raw()) + row * row_bytes, kept_.data() + at);
        std::memcpy(to, from, row_bytes);
      }
    }
  }

  models::FeatureQueue& queue_;
  int64_t next_, rows_, size_;
  std::vector<char> kept_;
};

double accuracy(const Tensor& logits) {  // [3B, 2], the first third are matches
  std::vector<float> values = logits.to_vector<float>();
  int64_t rows = logits.size(0), right = 0;
  for (int64_t i = 0; i < rows; ++i) {
    bool match = values[static_cast<size_t>(2 * i + 1)] > values[static_cast<size_t>(2 * i)];
    right += match == (i < rows / 3);
  }
  return static_cast<double>(right) / static_cast<double>(rows);
}

std::string describe(const BadTensor& bad) {
  return str("'", bad.name, "' (", bad.nonfinite, " of ", bad.elements, " values)");
}

std::string explain_loss(TrainingState& state, const models::Batch& batch, const StepFigures& f) {
  std::string losses;
  for (auto [name, value] : {std::pair("ITC", f.itc), {"ITM", f.itm}, {"LM", f.lm}})
    if (!std::isfinite(value)) losses += str(losses.empty() ? "" : ", ", name, " is ", value);
  BadTensor weight = first_nonfinite(state.model->weights().weights);
  if (!weight.name.empty()) return losses + "; not finite: the weight " + describe(weight);
  Norm pictures = norm(batch.images.view({batch.images.elements()}));
  if (pictures.nonfinite > 0)
    return losses +
           "; not finite: " + describe({"images", pictures.nonfinite, batch.images.elements()}) +
           " of the batch";
  return losses + "; the weights and the pictures are finite: a value overflowed on the way";
}

}  // namespace

StepOutcome train_step(TrainingState& state, const models::Batch& batch, double lr,
                       const std::function<void(models::Blip&)>& after_backward) {
  models::Blip& model = *state.model;
  const FlatArena& gradients = model.weights().gradients;
  QueueUndo undo(model.queue(), model.losses().queue_size, batch.images.size(0));
  gradients.flat().fill_zero();
  autograd::Tape tape;
  models::StepResult result;
  {
    autograd::Recording recording(tape);
    models::StepInfo info;
    info.seed = static_cast<uint64_t>(state.config.seed);
    info.step = state.step;
    result = model.pretrain(batch, info);
  }
  StepOutcome outcome;
  StepFigures& figures = outcome.figures;
  figures.itc = result.itc.item();
  figures.itm = result.itm.item();
  figures.lm = result.lm.item();
  figures.temperature = model.temperature();
  figures.lr = lr;
  if (!std::isfinite(figures.itc + figures.itm + figures.lm)) {
    undo.restore();
    outcome.problem = explain_loss(state, batch, figures);
    return outcome;
  }
  figures.itm_accuracy = accuracy(result.itm_logits);
  tape.backward(result.total);
  if (after_backward) after_backward(model);
  Norm gradient = norm(gradients.flat());
  if (gradient.nonfinite > 0) {
    undo.restore();
    outcome.problem = "not finite: the gradient of " + describe(first_nonfinite(gradients));
    return outcome;
  }
  figures.gradient_norm = gradient.value;
  double clip = state.config.optimizer.gradient_clip;
  bool clipped = clip > 0 && gradient.value > clip;
  state.optimizer.step(lr, clipped ? clip / gradient.value : 1.0);
  return outcome;
}

std::string save_bad_batch(const std::string& folder, int64_t step, const models::Batch& batch) {
  Tensor samples = Tensor::from(batch.samples, {static_cast<int64_t>(batch.samples.size())});
  const std::vector<int32_t>& lengths = batch.text.lengths;
  std::vector<models::NamedTensor> tensors = {
      {"images", batch.images},
      {"ids", batch.text.ids},
      {"lengths", Tensor::from(lengths, {static_cast<int64_t>(lengths.size())})},
      {"caption", batch.caption},
      {"samples", samples}};
  std::string path = str(folder, "/bad-step-", step, ".safetensors");
  OutputFile file(path, OutputFile::Mode::create);
  models::write_safetensors(tensors, {{"step", std::to_string(step)}}, [&](auto bytes) {
    file.write({bytes.data(), bytes.size()});
  });
  file.close();
  return path;
}

}  // namespace medley::train
