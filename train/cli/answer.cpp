// medley answer: pictures and questions in, answers out.
#include <algorithm>
#include <sstream>

#include "autograd/tape.h"
#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/open_model.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"

namespace medley::train {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::istringstream text(read_text(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) throw DataError(path + " has no answers", "write one a line");
  return lines;
}

// An answer and its score: the log-probability that generation or ranking gives it.
struct Answer {
  std::string text;
  double score;
};

class Answerer {
 public:
  Answerer(const OpenModel& open, const AnswerOptions& options) : open_(open), options_(options) {
    for (const std::string& question : options.questions) asked_.push_back(open.encode(question));
    if (options.candidates.empty()) return;
    candidates_ = read_lines(options.candidates);
    std::vector<std::vector<int32_t>> ids;
    for (const std::string& candidate : candidates_) ids.push_back(open.encode(candidate));
    packed_ = models::pack(ids);
  }

  // To every question about one picture. Questions are not padded, so none depends on another.
  std::vector<Answer> about(const Tensor& image_tokens) const {
    std::vector<Answer> answers;
    for (const std::vector<int32_t>& question : asked_) {
      const models::Memory memory =
          open_.vqa->read(image_tokens, models::pack({question}), models::Blip::FirstToken::cls);
      answers.push_back(candidates_.empty() ? write(memory) : choose(memory));
    }
    return answers;
  }

 private:
  Answer write(const models::Memory& memory) const {
    const models::Generated text = open_.vqa->answer(memory, options_.generate)[0][0];
    return {open_.tokenizer.decode(text.ids), text.score};
  }
  Answer choose(const models::Memory& memory) const {
    const auto k = std::min(options_.rank, static_cast<int64_t>(candidates_.size()));
    const models::Vqa::Ranked ranked = open_.vqa->rank(memory, packed_, k)[0];
    return {candidates_[static_cast<size_t>(ranked.best)],
            *std::max_element(ranked.score.begin(), ranked.score.end())};
  }

  const OpenModel& open_;
  const AnswerOptions& options_;
  std::vector<std::vector<int32_t>> asked_;
  std::vector<std::string> candidates_;
  models::PackedText packed_;
};

}  // namespace

int answer(const AnswerOptions& options) {
  const autograd::NoGrad no_grad;
  const std::vector<std::string> files = picture_files(options.files);
  const OpenModel open = open_model(options.model, options.device);
  open.require(open.vqa != nullptr, "answer decoder");
  const Answerer answerer(open, options);
  Json results = Json::array();
  std::vector<std::vector<std::string>> rows{{"picture", "question", "answer"}};
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double) {
    const Tensor tokens = open.vqa->encode_image(pixels);
    for (size_t i = 0; i < good.size(); ++i) {
      const auto row = static_cast<int64_t>(i);
      const std::vector<Answer> answers =
          answerer.about(tokens.slice(0, row, row + 1).contiguous());
      for (size_t q = 0; q < answers.size(); ++q) {
        results.push(Json::object()
                         .set("file", good[i])
                         .set("question", options.questions[q])
                         .set("answer", answers[q].text)
                         .set("score", answers[q].score));
        rows.push_back({good[i], options.questions[q], answers[q].text});
      }
    }
  };
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, open.config.image_size, use);
  if (options.json)
    print_json(results);
  else
    print_table(rows);
  return report_pictures(errors);
}

}  // namespace medley::train
