// The momentum model and the feature queues.
#include "models/objectives/momentum.h"

#include <cmath>

#include "models/objectives/queue.h"
#include "support.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using namespace medley::models::test;

TEST_CASE("what stays of the average at a step") {
  LossConfig losses;
  losses.momentum = 0.995;
  CHECK(momentum_kept(losses, 0) == 0.995);
  losses.momentum_warmup = true;
  CHECK(momentum_kept(losses, 0) == Approx(0.1));
  CHECK(momentum_kept(losses, 8) == Approx(0.5));
  CHECK(momentum_kept(losses, 100000) == 0.995);
}

TEST_CASE("the momentum model starts equal and moves by the average") {
  Preset p = tiny(0);
  p.losses.momentum = 0.75;
  Pretraining objective = pretraining(p, DType::f64, 2);
  const auto student_name = [](const std::string& name) {
    const size_t dot = name.find('.');
    return name.substr(0, dot - 2) + name.substr(dot);
  };
  for (const std::string& name : owners(objective.momentum())) {
    INFO(name);
    CHECK(largest_difference(objective.momentum().weights.at(name),
                             objective.weights().weights.at(student_name(name))) == 0);
  }
  stir(objective, 5);
  const Tensor before = objective.momentum().weights.flat().clone();
  const Tensor student = objective.weights().weights.flat().clone();
  run_step(objective, random_batch(p.model, 2, 1));
  const std::vector<double> m = values(before), w = values(student),
                            now = values(objective.momentum().weights.flat());
  for (size_t i = 0; i < now.size(); i += 17)
    CHECK(now[i] == Approx(0.75 * m[i] + 0.25 * w[i]).margin(1e-14));
}

TEST_CASE("a queue starts with unit rows and unknown captions") {
  const FeatureQueue queue = make_queue(5, 4, DType::f64, {}, 1);
  const std::vector<double> rows = values(queue.image);
  for (size_t i = 0; i < rows.size(); i += 4)
    CHECK(std::hypot(std::hypot(rows[i], rows[i + 1]), std::hypot(rows[i + 2], rows[i + 3])) ==
          Approx(1));
  CHECK(largest_difference(queue.image, queue.text) > 0.1);
  CHECK(queue.caption.to_vector<int64_t>() == std::vector<int64_t>(5, -1));
}

TEST_CASE("a queue of any size takes batches of any size, round the end") {
  const int64_t size = GENERATE(1, 2, 5, 7, 0), batch = GENERATE(1, 3, 5, 12);
  CAPTURE(size, batch);
  FeatureQueue queue = make_queue(size, 2, DType::f64, {}, 1);
  std::vector<double> image = values(queue.image);
  std::vector<int64_t> caption(static_cast<size_t>(size), -1);
  double value = 10;
  int64_t next = 0;
  for (int round = 0; round < 4; ++round) {
    std::vector<double> rows;
    std::vector<int64_t> ids;
    for (int64_t b = 0; b < batch; ++b, ++value) {
      rows.insert(rows.end(), {value, value + 0.5});
      ids.push_back(static_cast<int64_t>(value));
      if (size == 0) continue;
      const auto at = static_cast<size_t>(next++ % size);
      image[2 * at] = value;
      image[2 * at + 1] = value + 0.5;
      caption[at] = ids.back();
    }
    enqueue(queue, Tensor::from(rows, {batch, 2}), Tensor::from(rows, {batch, 2}),
            Tensor::from(ids, {batch}));
    CHECK(queue.next == (size == 0 ? 0 : next % size));
    CHECK(values(queue.image) == image);
    CHECK(queue.caption.to_vector<int64_t>() == caption);
  }
}

TEST_CASE("a step uses the queue as it was and then writes it") {
  const Preset p = tiny(3);
  Pretraining objective = pretraining(p, DType::f64, 2);
  const Batch batch = random_batch(p.model, 5, 1);  // larger than the queue
  run_step(objective, batch);
  CHECK(objective.queue().next == 2);
  CHECK(objective.queue().caption.to_vector<int64_t>() ==
        std::vector<int64_t>{batch.samples[3], batch.samples[4], batch.samples[2]});
  // The momentum model is equal to the student, so its features are this batch's.
  const Tensor features =
      objective.blip().image_features(objective.blip().encode_image(batch.images));
  CHECK(largest_difference(objective.queue().image.slice(0, 0, 2), features.slice(0, 3, 5)) <
        1e-12);
  CHECK(largest_difference(objective.queue().image.slice(0, 2, 3), features.slice(0, 2, 3)) <
        1e-12);
}
