// medley answer: pictures and questions in, answers out.
#include "train/cli/commands.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/cli/read_list.h"

namespace medley::train {
int answer(const AnswerOptions& options) {
  const std::vector<std::string> files = picture_files(options.files);
  const Pipeline blip = Pipeline::open(options.model, options.open);
  blip.model().require(blip.model().vqa != nullptr, "answer decoder");
  AnswerRules rules = options.rules;
  if (!options.candidates.empty()) rules.candidates = read_list(options.candidates);

  Json results = Json::array();
  std::vector<std::vector<std::string>> rows{{"picture", "question", "answer"}};
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double) {
    const auto answers = blip.answers(blip.encode_pictures(pixels), options.questions, rules);
    for (size_t i = 0; i < good.size(); ++i) {
      for (size_t q = 0; q < options.questions.size(); ++q) {
        const Reply& answer = answers[i][q];
        results.push(Json::object()
                         .set("file", good[i])
                         .set("question", options.questions[q])
                         .set("answer", answer.text)
                         .set("score", answer.score));
        rows.push_back({good[i], options.questions[q], answer.text});
      }
    }
  };
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, blip, options.pictures, use);
  if (options.json)
    print_json(results);
  else
    print_table(rows);
  return report_pictures(errors);
}

}  // namespace medley::train
