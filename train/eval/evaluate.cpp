// Captions and retrieval; and which measurement belongs to which model.
#include "train/eval/evaluate.h"

#include <optional>

#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "train/eval/encoded.h"
#include "train/eval/searches.h"

namespace medley::train {
namespace {

Json captions_as_coco(const CaptionedSplit& split, const std::vector<std::string>& said) {
  Json list = Json::array();
  for (size_t i = 0; i < said.size(); ++i)
    list.push(
        Json::object().set("image_id", id_as_json(split.items[i].id)).set("caption", said[i]));
  return list;
}

}  // namespace

Json id_as_json(const std::string& id) {
  const bool number = !id.empty() && id.size() < 19 && (id[0] != '0' || id == "0") &&
                      id.find_first_not_of("0123456789") == std::string::npos;
  return number ? Json(static_cast<int64_t>(std::stoll(id))) : Json(id);
}

Evaluated evaluate_captions(const models::Blip& model, const models::Tokenizer& tokenizer,
                            const Dataset& data, const EvalOptions& options) {
  const autograd::NoGrad no_grad;
  const CaptionedSplit split = by_picture(data);
  const auto count = static_cast<int64_t>(split.items.size());
  Evaluated result{Json::object(), {}};
  result.figures.set("images", count).set("texts", static_cast<int64_t>(split.texts.size()));
  std::vector<std::vector<int64_t>> pictures;
  for (const CaptionedItem& item : split.items) {
    pictures.push_back(item.pictures);
    if (item.pictures.size() > 1)
      throw DataError(str(item.id, " has ", item.pictures.size(), " pictures, where one is wanted"),
                      "`medley eval video` measures videos");
  }
  std::optional<EncodedItems> encoded;
  if (options.retrieval) encoded.emplace(model, count, 1);
  std::vector<std::string> said;
  for_each_encoded(
      model, data, pictures, options.batch_size, [&](int64_t begin, const Tensor& tokens) {
        if (encoded) encoded->keep(model, begin, tokens);
        if (!options.captions) return;
        for (std::string& text : write_captions(model, tokenizer, tokens, options.caption))
          said.push_back(std::move(text));
      });
  if (encoded) {
    const RetrievalRankings rankings =
        rank(model, tokenizer, *encoded, split.texts, {options.rerank, options.first, false});
    add_searches(result.figures, rankings, split, {"i2t", "t2i", false, options.intervals});
    result.said = searches_as_json(rankings, split);
  }
  if (options.captions) {
    result.figures.set("captions",
                       caption_figures(tokenizer, split, said, options.intervals).json());
    result.said = captions_as_coco(split, said);
  }
  return result;
}

Evaluated evaluate_split(const models::AnyModel& model, const models::Tokenizer& tokenizer,
                         const Dataset& data, const EvalOptions& options) {
  struct Measure {
    const models::Tokenizer& tokenizer;
    const Dataset& data;
    const EvalOptions& options;
    Evaluated operator()(const std::shared_ptr<models::Blip>& blip) const {
      return evaluate_captions(*blip, tokenizer, data, options);
    }
    Evaluated operator()(const std::shared_ptr<models::Vqa>& vqa) const {
      return evaluate_questions(*vqa, tokenizer, data, options);
    }
    Evaluated operator()(const std::shared_ptr<models::Nlvr>& nlvr) const {
      return evaluate_comparisons(*nlvr, tokenizer, data, options);
    }
  };
  return std::visit(Measure{tokenizer, data, options}, model);
}

Evaluated evaluate_loaded(LoadedModel& loaded, const Dataset& data, const EvalOptions& options) {
  if (loaded.vqa) return evaluate_questions(*loaded.vqa, loaded.tokenizer, data, options);
  if (loaded.nlvr) return evaluate_comparisons(*loaded.nlvr, loaded.tokenizer, data, options);
  EvalOptions own = options;
  if (own.caption.prompt.empty()) own.caption.prompt = loaded.config.prompt;
  return evaluate_captions(*loaded.model, loaded.tokenizer, data, own);
}

}  // namespace medley::train
