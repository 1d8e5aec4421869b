// Numbers and pictures to an event file.
#include <algorithm>

#include "autograd/tape.h"
#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "models/blip/blip.h"
#include "train/data/encode_png.h"
#include "train/eval/captioning.h"
#include "train/eval/encoded.h"
#include "train/loop/trainer.h"

namespace medley::train {
namespace {

constexpr int64_t kSamples = 8;

}  // namespace

template <class Write>
void RunEvents::attempt(const Write& write) {
  if (!file_) return;
  try {
    write(*file_);
  } catch (const IoError& error) {
    warn(str(error.what(), "; training goes on, and TensorBoard sees no more of it"));
    file_.reset();
  }
}

RunEvents::RunEvents(const std::string& folder, int64_t step)
    : file_(std::make_unique<EventFile>(folder, step)) {}

void RunEvents::line(const Json& line) {
  attempt([&](EventFile& file) {
    const int64_t step = line.at("step").integer();
    for (auto& [name, value] : numbers_of(line)) {
      std::string tag = name;
      std::replace(tag.begin(), tag.end(), '.', '/');
      if (tag != "step") file.scalar(tag, value, step);
    }
  });
}

void RunEvents::samples(const models::AnyModel& model, const models::Tokenizer& tokenizer,
                        const Dataset& data, const std::string& prompt, int64_t step) {
  const auto* blip = std::get_if<std::shared_ptr<models::Blip>>(&model);
  if (!file_ || !blip || data.kind() != RowKind::captions) return;
  const autograd::NoGrad no_grad;
  const int64_t count = std::min(kSamples, data.pictures());
  std::vector<int64_t> pictures;
  for (int64_t i = 0; i < count; ++i) pictures.push_back(i * data.pictures() / count);
  const Tensor tokens =
      (*blip)->encode_image(picture_tensor(data, pictures, (*blip)->model().image_size));
  const std::vector<std::string> said =
      write_captions(**blip, tokenizer, tokens, {.prompt = prompt});
  attempt([&](EventFile& file) {
    std::string list;
    for (size_t i = 0; i < said.size(); ++i) {
      const std::shared_ptr<const Image> image = data.picture(pictures[i]);
      const std::vector<uint8_t> png = encode_png(image->width, image->height, 3, image->rgb);
      file.picture(str("samples/", i), image->width, image->height,
                   {reinterpret_cast<const char*>(png.data()), png.size()}, step);
      list += str(i, ". ", data.picture_name(pictures[i]), ": ", said[i], "\n");
    }
    file.text("samples/captions", list, step);
  });
}

}  // namespace medley::train
