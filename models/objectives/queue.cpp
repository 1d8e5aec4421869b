// The ring of momentum features.
#include "models/objectives/queue.h"

#include <algorithm>
#include <cmath>

#include "core/philox.h"

namespace medley::models {
namespace {

Tensor random_unit_rows(int64_t rows, int64_t width, DType dtype, Device device, uint64_t seed,
                        uint32_t side) {
  Random random(seed, Purpose::queue, 0, side);
  std::vector<double> values(static_cast<size_t>(rows * width));
  for (auto row = values.begin(); row != values.end(); row += width) {
    double squares = 0;
    for (auto x = row; x != row + width; ++x) {
      *x = random.normal();
      squares += *x * *x;
    }
    for (auto x = row; x != row + width; ++x) *x /= std::sqrt(squares);
  }
  return Tensor::from(values, {rows, width}).to(dtype).to(device);
}

// Copies rows [from, from + count) of a batch to rows [to, to + count) of the ring.
void copy_rows(const Tensor& ring, int64_t to, const Tensor& batch, int64_t from, int64_t count) {
  ring.slice(0, to, to + count).copy_from(batch.slice(0, from, from + count));
}

}  // namespace

FeatureQueue make_queue(int64_t size, int64_t width, DType dtype, Device device, uint64_t seed) {
  FeatureQueue queue;
  if (device.kind == Device::Meta) {
    queue.image = Tensor::empty({size, width}, dtype, device);
    queue.text = Tensor::empty({size, width}, dtype, device);
  } else {
    queue.image = random_unit_rows(size, width, dtype, device, seed, 0);
    queue.text = random_unit_rows(size, width, dtype, device, seed, 1);
  }
  queue.caption = Tensor::from(std::vector<int64_t>(static_cast<size_t>(size), -1), {size}, device);
  return queue;
}

void enqueue(FeatureQueue& queue, const Tensor& image, const Tensor& text, const Tensor& caption) {
  const int64_t size = queue.image.size(0), batch = image.size(0);
  if (size == 0) return;
  const int64_t skipped = std::max<int64_t>(0, batch - size);
  for (int64_t row = skipped; row < batch;) {
    const int64_t to = (queue.next + row) % size;
    const int64_t count = std::min(batch - row, size - to);
    copy_rows(queue.image, to, image, row, count);
    copy_rows(queue.text, to, text, row, count);
    if (caption.defined()) copy_rows(queue.caption, to, caption, row, count);
    row += count;
  }
  queue.next = (queue.next + batch) % size;
}

}  // namespace medley::models
