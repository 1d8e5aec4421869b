// Visual question answering: what the model answers, and the accuracy of the official evaluation.
#include <algorithm>
#include <cmath>
#include <map>

#include "autograd/ops/rows.h"
#include "autograd/tape.h"
#include "core/error.h"
#include "train/eval/encoded.h"
#include "train/eval/evaluate.h"
#include "train/metrics/vqa.h"

namespace medley::train {
namespace {

// The ten people of VQA v2: each answer as often as its share of them says.
std::vector<std::string> people(const Row& row) {
  std::vector<std::string> all;
  for (const Answer& answer : row.answers)
    all.insert(all.end(),
               static_cast<size_t>(std::max<int64_t>(1, std::llround(10 * answer.weight))),
               answer.text);
  return all;
}

// Rows that have answers, and what it is worth to say something of them.
class Truth {
 public:
  explicit Truth(const std::vector<Row>& rows) : rows_(rows) {
    for (size_t r = 0; r < rows.size(); ++r) {
      if (!rows[r].answers.empty()) known_.push_back(r);
      several_ |= rows[r].answers.size() > 1;
      for (const Answer& answer : rows[r].answers) weights_[answer.text] += answer.weight;
    }
  }

  const std::vector<size_t>& known() const { return known_; }

  // Where no question has two answers, one person gave each: an answer is right or wrong then.
  double accuracy(size_t row, const std::string& said) const {
    if (several_) return vqa_accuracy(said, people(rows_[row]));
    return vqa_normalised(said) == vqa_normalised(rows_[row].answers[0].text) ? 1 : 0;
  }

  std::string most_frequent() const {
    return std::max_element(weights_.begin(), weights_.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

 private:
  const std::vector<Row>& rows_;
  std::vector<size_t> known_;
  bool several_ = false;
  std::map<std::string, double> weights_;
};

class Asker {
 public:
  Asker(models::Vqa& vqa, const models::Tokenizer& tokenizer, const EvalOptions& options)
      : vqa_(vqa),
        tokenizer_(tokenizer),
        options_(options),
        device_(vqa.weights().weights.flat().device()) {
    std::vector<std::vector<int32_t>> candidates;
    for (const std::string& answer : options.answers.candidates)
      candidates.push_back(tokenizer.encode_caption(answer, vqa.model().max_tokens));
    if (!candidates.empty()) candidates_ = models::pack(candidates, device_);
  }

  // image_tokens [images, N, C]; image_of: of each question.
  std::vector<std::string> answers(const Tensor& image_tokens,
                                   const std::vector<std::string>& questions,
                                   const std::vector<int32_t>& image_of) const {
    std::vector<std::vector<int32_t>> ids;
    for (const std::string& question : questions)
      ids.push_back(
          tokenizer_.encode_caption(models::clean_question(question), vqa_.model().max_tokens));
    const auto count = static_cast<int64_t>(questions.size());
    const int64_t tokens = image_tokens.size(1), width = image_tokens.size(2);
    const Tensor images =
        autograd::gather_rows(image_tokens.view({image_tokens.size(0), tokens * width}),
                              Tensor::from(image_of, {count}, device_))
            .view({count, tokens, width});
    const models::Memory memory = vqa_.read(images, models::pack(ids, device_), options_.first);
    std::vector<std::string> said;
    if (options_.answers.candidates.empty()) {
      for (const auto& texts : vqa_.answer(memory, options_.answers.generate))
        said.push_back(tokenizer_.decode(texts[0].ids));
    } else {
      const int64_t k = std::min(options_.answers.rank, candidates_.texts());
      for (const models::Vqa::Ranked& ranked : vqa_.rank(memory, candidates_, k))
        said.push_back(options_.answers.candidates[static_cast<size_t>(ranked.best)]);
    }
    return said;
  }

  Device device() const { return device_; }

 private:
  models::Vqa& vqa_;
  const models::Tokenizer& tokenizer_;
  const EvalOptions& options_;
  Device device_;
  models::PackedText candidates_;
};

// The answer to each row. Every picture is encoded once.
std::vector<std::string> ask(models::Vqa& model, const models::Tokenizer& tokenizer,
                             const Dataset& data, const std::vector<Row>& rows,
                             const EvalOptions& options) {
  std::map<int64_t, std::vector<size_t>> rows_of;  // a picture
  for (size_t r = 0; r < rows.size(); ++r) rows_of[rows[r].pictures.at(0)].push_back(r);
  const Asker asker(model, tokenizer, options);
  const auto at_once = static_cast<size_t>(options.batch_size);
  std::vector<std::string> said(rows.size());
  for (auto next = rows_of.begin(); next != rows_of.end();) {
    std::vector<int64_t> pictures;
    std::vector<std::pair<int32_t, size_t>> asked;  // picture of the batch, row
    for (; next != rows_of.end() && pictures.size() < at_once; ++next) {
      for (const size_t r : next->second)
        asked.emplace_back(static_cast<int32_t>(pictures.size()), r);
      pictures.push_back(next->first);
    }
    const Tensor tokens = model.encode_image(
        picture_tensor(data, pictures, model.model().image_size).to(asker.device()));
    for (size_t begin = 0; begin < asked.size(); begin += at_once) {
      std::vector<std::string> questions;
      std::vector<int32_t> image_of;
      const size_t end = std::min(begin + at_once, asked.size());
      for (size_t a = begin; a < end; ++a) {
        image_of.push_back(asked[a].first);
        questions.push_back(rows[asked[a].second].text);
      }
      std::vector<std::string> answers = asker.answers(tokens, questions, image_of);
      for (size_t a = begin; a < end; ++a) said[asked[a].second] = std::move(answers[a - begin]);
    }
  }
  return said;
}

}  // namespace

Evaluated evaluate_questions(models::Vqa& model, const models::Tokenizer& tokenizer,
                             const Dataset& data, const EvalOptions& options) {
  const autograd::NoGrad no_grad;
  if (data.kind() != RowKind::questions)
    throw DataError("this needs questions about pictures; the data holds something else",
                    "medley eval caption and medley eval nlvr measure the others");
  std::vector<Row> rows;
  for (int64_t r = 0; r < data.size(); ++r) rows.push_back(data.row(r));
  const Truth truth(rows);
  const std::vector<std::string> said = ask(model, tokenizer, data, rows, options);

  Evaluated result{Json::object(), Json::array()};
  result.figures.set("questions", data.size())
      .set("images", data.pictures())
      .set("unknown", static_cast<int64_t>(rows.size() - truth.known().size()));
  for (size_t r = 0; r < rows.size(); ++r)
    result.said.push(Json::object()
                         .set("question_id", rows[r].id.empty() ? Json(static_cast<int64_t>(r))
                                                                : id_as_json(rows[r].id))
                         .set("answer", said[r]));
  if (truth.known().empty()) return result;

  const auto accuracies = [&](const std::function<const std::string&(size_t row)>& answer) {
    std::vector<double> values;
    for (const size_t r : truth.known()) values.push_back(truth.accuracy(r, answer(r)));
    return values;
  };
  const auto count = static_cast<int64_t>(truth.known().size());
  FigureGroup figures(count, options.intervals);
  figures.add_mean("accuracy", accuracies([&](size_t r) -> auto& { return said[r]; }));
  if (options.intervals) {
    const std::string most = truth.most_frequent();
    FigureGroup trivial(count, false);
    trivial.add_mean("accuracy", accuracies([&](size_t) -> auto& { return most; }));
    figures.set_trivial(trivial.json().set("answer", most));
  }
  result.figures.set("vqa", figures.json());
  return result;
}

}  // namespace medley::train
