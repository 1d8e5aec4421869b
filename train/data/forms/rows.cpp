// Places, counts, and shares of answers.
#include "train/data/forms/rows.h"

#include <algorithm>

#include "core/str.h"

namespace medley::train {

std::string NamedRows::place(int64_t number) const { return str(path, ", ", entry, " ", number); }

void Findings::add(const std::string& kind, const DataError& error) {
  if (!collect_) throw error;
  count(kind, error.what(), true);
}

void Findings::leave_out(const std::string& kind, const std::string& example) {
  count(kind, example, false);
}

void Findings::count(const std::string& kind, const std::string& example, bool fatal) {
  Kind& known = kinds_[kind];
  known.fatal = fatal;
  // Without the hint of an error.
  ++known.count;
  if (known.examples.size() < examples_)
    known.examples.push_back(example.substr(0, example.find('\n')));
}

std::string first_line(const Error& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

std::vector<Answer> weigh_answers(const std::vector<std::string>& given) {
  std::vector<Answer> answers;
  for (const std::string& text : given) {
    auto same = std::find_if(answers.begin(), answers.end(),
                             [&](const Answer& answer) { return answer.text == text; });
    if (same == answers.end()) same = answers.insert(answers.end(), Answer{text, 0});
    same->weight += 1;
  }
  for (Answer& answer : answers) answer.weight /= static_cast<double>(given.size());
  return answers;
}

std::string id_text(const Json& id) { return id.is_string() ? id.text() : id.dump(); }

}  // namespace medley::train
