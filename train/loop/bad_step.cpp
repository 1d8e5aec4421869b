// Writes the batches of a skipped step.
#include "train/loop/bad_step.h"

#include "core/str.h"
#include "models/weights/safetensors.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

Tensor join(const std::vector<Tensor>& parts) {
  Shape shape = parts.front().shape();
  shape[0] = 0;
  for (const Tensor& part : parts) shape[0] += part.size(0);
  const Tensor whole = Tensor::empty(shape, parts.front().dtype());
  int64_t row = 0;
  for (const Tensor& part : parts) {
    whole.slice(0, row, row + part.size(0)).copy_from(part);
    row += part.size(0);
  }
  return whole;
}

}  // namespace

std::string save_bad_step(const std::string& folder, int64_t step,
                          const std::vector<models::Batch>& batches) {
  std::vector<Tensor> images, ids, captions;
  std::vector<int32_t> lengths;
  std::vector<int64_t> samples;
  for (const models::Batch& batch : batches) {
    images.push_back(batch.images);
    ids.push_back(batch.text.ids);
    captions.push_back(batch.caption);
    lengths.insert(lengths.end(), batch.text.lengths.begin(), batch.text.lengths.end());
    samples.insert(samples.end(), batch.samples.begin(), batch.samples.end());
  }
  const std::vector<models::NamedTensor> tensors = {
      {"images", join(images)},
      {"ids", join(ids)},
      {"lengths", Tensor::from(lengths, {static_cast<int64_t>(lengths.size())})},
      {"caption", join(captions)},
      {"samples", Tensor::from(samples, {static_cast<int64_t>(samples.size())})}};
  const std::string path = str(folder, "/bad-step-", step, ".safetensors");
  OutputFile file(path, OutputFile::Mode::create);
  models::write_safetensors(tensors, {{"step", std::to_string(step)}}, [&](auto bytes) {
    file.write({bytes.data(), bytes.size()});
  });
  file.close();
  return path;
}

}  // namespace medley::train
