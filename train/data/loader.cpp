// Steps are made in slots, step s in slot s % slots; workers take the next step whose slot is free.
// next() hands out a slot's pictures as they are, and gives the slot another tensor: one that
// nobody holds any more. Tensors come from the training thread only, in the same order every run.
#include "train/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "core/scope.h"
#include "core/str.h"
#include "train/data/augment/augment.h"
#include "train/data/bad_pictures.h"
#include "train/data/order.h"
#include "train/data/picture.h"

namespace medley::train {
namespace {

struct Slot {
  Tensor images;                  // [B, 3, S, S]; comparisons: [2B, ...]
  std::vector<Example> examples;  // [B]
  std::vector<int64_t> samples;   // [B]
  std::exception_ptr error;
  int64_t ready_step = -1;
};

void check(const LoaderConfig& config) {
  auto require = [](bool good, const char* name, int64_t value, const char* wanted) {
    if (!good) throw ConfigError(str(name, " is ", value, " but must be ", wanted));
  };
  require(config.image_size >= 1, "model.image_size", config.image_size, "at least 1");
  require(config.text.max_tokens >= 2, "model.max_tokens", config.text.max_tokens, "at least 2");
  require(config.workers >= 0, "data.workers", config.workers, "0 or more");
  require(config.prefetch >= 1, "data.prefetch", config.prefetch, "at least 1");
}

}  // namespace

struct Loader::Impl {
  Impl(const Dataset& data, const models::Tokenizer& text, const LoaderConfig& c, int64_t first)
      : dataset(data),
        tokenizer(text),
        config((check(c), c)),
        order(data.shards(), c.batch_size, c.seed),
        rows(data, c.max_bad < 0 ? default_max_bad(data) : c.max_bad),
        slots(static_cast<size_t>(c.prefetch)),
        next_made(first),
        next_taken(first) {
    for (Slot& slot : slots) slot.images = free_images();
    own.emplace(config.augment, config.image_size);  // refuses a wrong kind here, not in a worker
    for (int i = 0; i < config.workers; ++i) workers.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop = true;
    }
    changed.notify_all();
  }  // the workers are joined by their destructors, before what they use goes

  // A tensor for the pictures of a batch that neither a slot nor who took it holds.
  Tensor free_images() {
    for (const Tensor& images : pool)
      if (images.storage().use_count() == 1) return images;
    const int64_t each = dataset.kind() == RowKind::comparisons ? 2 : 1;
    const Shape shape{each * config.batch_size, 3, config.image_size, config.image_size};
    return pool.emplace_back(config.pinned ? Tensor::pinned(shape) : Tensor::empty(shape));
  }

  int64_t pixels() const { return config.image_size * config.image_size; }
  Slot& slot_of(int64_t step) { return slots[static_cast<size_t>(step % config.prefetch)]; }

  void work() {
    Augmenter augmenter(config.augment, config.image_size);
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || next_made < next_taken + config.prefetch; });
      if (stop) return;
      const int64_t step = next_made++;
      lock.unlock();
      make(step, augmenter);
      lock.lock();
      slot_of(step).ready_step = step;
      changed.notify_all();
    }
  }

  // Only the worker that took the step touches its slot until ready_step says that it is done.
  void make(int64_t step, Augmenter& augmenter) {
    Slot& slot = slot_of(step);
    slot.error = nullptr;
    slot.examples.clear();
    try {
      const Scope scope("loader.step", step);
      slot.samples = order.samples(step);
      for (size_t i = 0; i < slot.samples.size(); ++i)
        add(step, slot, i, slot.samples[i], augmenter);
    } catch (...) {
      slot.error = std::current_exception();
    }
  }

  void add(int64_t step, Slot& slot, size_t i, int64_t id, Augmenter& augmenter) {
    const Scope scope("sample", id);
    const DecodedRow decoded = rows.get(id);
    Random random(config.seed, Purpose::augment, static_cast<uint64_t>(step),
                  static_cast<uint32_t>(id));
    // Numbers of its own (those of a pass are sample 0), so that pictures do not depend on texts.
    Random words(config.seed, Purpose::shuffle, static_cast<uint64_t>(step),
                 static_cast<uint32_t>(id + 1));
    const Example& example = slot.examples.emplace_back(
        make_example(dataset.kind(), decoded.row, tokenizer, config.text, words));
    for (size_t p = 0; p < example.pictures.size(); ++p) {
      const auto place = static_cast<int64_t>(p) * config.batch_size + static_cast<int64_t>(i);
      float* planes = slot.images.data<float>() + place * 3 * pixels();
      augmenter.apply(decoded.picture(example.pictures[p]), random, planes);
      normalise_planes(planes, pixels());
    }
  }

  models::Batch take() {
    if (config.workers == 0 && slot_of(next_taken).ready_step != next_taken) {
      make(next_taken, *own);
      slot_of(next_taken).ready_step = next_taken;
    }
    Slot& slot = slot_of(next_taken);
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return slot.ready_step == next_taken; });
    }
    if (slot.error) std::rethrow_exception(slot.error);
    models::Batch batch = pack_examples(dataset.kind(), slot.examples);
    batch.images = std::exchange(slot.images, Tensor());
    slot.images = free_images();
    batch.samples = slot.samples;
    {
      const std::lock_guard lock(mutex);
      ++next_taken;
    }
    changed.notify_all();
    return batch;
  }

  const Dataset& dataset;
  const models::Tokenizer& tokenizer;
  const LoaderConfig config;
  const BatchOrder order;
  BadPictures rows;
  std::optional<Augmenter> own;  // for next() without workers

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Tensor> pool;  // of free_images()
  std::vector<Slot> slots;
  int64_t next_made, next_taken;  // steps
  bool stop = false;
  std::vector<std::jthread> workers;  // last, so that it is destroyed first
};

Loader::Loader(const Dataset& dataset, const models::Tokenizer& tokenizer,
               const LoaderConfig& config, int64_t first_step)
    : impl_(std::make_unique<Impl>(dataset, tokenizer, config, first_step)) {}

Loader::~Loader() = default;

models::Batch Loader::next() { return impl_->take(); }

std::map<int64_t, std::string> Loader::bad_pictures() const { return impl_->rows.found(); }

}  // namespace medley::train
