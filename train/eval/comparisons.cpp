// NLVR2: sentences about two pictures, true or false.
#include <algorithm>

#include "autograd/tape.h"
#include "core/error.h"
#include "core/str.h"
#include "train/eval/encoded.h"
#include "train/eval/evaluate.h"

namespace medley::train {
namespace {

// Whether the model holds each row for true.
std::vector<bool> judge(models::Nlvr& model, const models::Tokenizer& tokenizer,
                        const Dataset& data, const std::vector<Row>& rows, int64_t batch_size) {
  const Device device = model.weights().weights.flat().device();
  std::vector<bool> said;
  const auto step = static_cast<size_t>(std::max<int64_t>(1, batch_size / 2));
  for (size_t begin = 0; begin < rows.size(); begin += step) {
    const size_t end = std::min(begin + step, rows.size());
    std::vector<int64_t> left, right;
    std::vector<std::vector<int32_t>> sentences;
    for (size_t r = begin; r < end; ++r) {
      if (rows[r].pictures.size() != 2)
        throw DataError(str("row ", r, ", '", rows[r].text, "', has ", rows[r].pictures.size(),
                            " pictures instead of two"));
      left.push_back(rows[r].pictures[0]);
      right.push_back(rows[r].pictures[1]);
      sentences.push_back(
          tokenizer.encode_caption(models::clean_caption(rows[r].text), model.model().max_tokens));
    }
    left.insert(left.end(), right.begin(), right.end());
    const std::vector<float> logits =
        model
            .logits(picture_tensor(data, left, model.model().image_size).to(device),
                    models::pack(sentences, device))
            .to_vector<float>();
    for (size_t i = 0; i < logits.size(); i += 2) said.push_back(logits[i + 1] > logits[i]);
  }
  return said;
}

}  // namespace

Evaluated evaluate_comparisons(models::Nlvr& model, const models::Tokenizer& tokenizer,
                               const Dataset& data, const EvalOptions& options) {
  const autograd::NoGrad no_grad;
  if (data.kind() != RowKind::comparisons)
    throw DataError("this needs sentences about two pictures; the data holds something else",
                    "medley eval caption and medley eval vqa measure the others");
  std::vector<Row> rows;
  for (int64_t r = 0; r < data.size(); ++r) rows.push_back(data.row(r));
  const std::vector<bool> said = judge(model, tokenizer, data, rows, options.batch_size);

  std::vector<double> right;
  int64_t trues = 0;
  Evaluated result{Json::object(), Json::array()};
  for (size_t r = 0; r < rows.size(); ++r) {
    const std::optional<bool> truth = rows[r].truth;
    result.said.push(Json::object()
                         .set("identifier", rows[r].id.empty() ? Json(static_cast<int64_t>(r))
                                                               : id_as_json(rows[r].id))
                         .set("sentence", rows[r].text)
                         .set("said", Json(static_cast<bool>(said[r])))
                         .set("truth", truth ? Json(*truth) : Json()));
    if (!truth) continue;
    right.push_back(said[r] == *truth ? 1 : 0);
    trues += *truth;
  }
  const auto known = static_cast<int64_t>(right.size());
  result.figures.set("sentences", data.size()).set("unknown", data.size() - known);
  if (known == 0) return result;
  FigureGroup figures(known, options.intervals);
  figures.add_mean("accuracy", right);
  const bool most = 2 * trues > known;
  figures.set_trivial(Json::object()
                          .set("accuracy", static_cast<double>(most ? trues : known - trues) /
                                               static_cast<double>(known))
                          .set("answer", most ? "true" : "false"));
  result.figures.set("nlvr", figures.json());
  return result;
}

}  // namespace medley::train
