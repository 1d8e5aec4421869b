// Questions about picturebook's drawings, and their classes. Pictures and answers are the work of
// people: the captions and groups of the lists; only the questions come from templates.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>

#include "core/json.h"
#include "core/str.h"
#include "train/data/tar.h"
#include "train/data/tasks/make.h"

namespace medley::train {
namespace {

constexpr const char* kSplits[] = {"train", "val", "test_style", "test_combination",
                                   "test_concept"};
constexpr const char* kPeople[] = {"man", "woman", "person", "boy", "girl", "child", "baby"};

std::vector<std::string> words_of(const std::string& caption) {
  std::vector<std::string> words;
  std::string clean = caption;
  for (char& c : clean)
    if (std::ispunct(static_cast<unsigned char>(c)) && c != '-') c = ' ';
  std::istringstream in(clean);
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// "woman farmer: medium-dark skin tone" -> "medium-dark"; all of them where there are two.
std::vector<std::string> tones_of(const std::vector<std::string>& words) {
  std::vector<std::string> tones;
  for (size_t i = 1; i + 1 < words.size(); ++i)
    if (words[i] == "skin" && words[i + 1] == "tone") tones.push_back(words[i - 1]);
  return tones;
}

std::vector<std::string> people_of(const std::vector<std::string>& words) {
  std::vector<std::string> people;
  for (const std::string& word : words)
    if (std::find(std::begin(kPeople), std::end(kPeople), word) != std::end(kPeople))
      people.push_back(word);
  return people;
}

// "Food & Drink" -> "food and drink"
std::string class_of(const Json& row) {
  std::string name;
  for (const char c : row.at("group").text())
    name += c == '&' ? "and" : std::string(1, static_cast<char>(std::tolower(c)));
  return name;
}

class Rows {
 public:
  Rows(const std::string& data, TaskFolder& folder) : tar_(data + "/images.tar"), folder_(folder) {}

  void ask(const Json& row) {
    const std::vector<std::string> words = words_of(row.at("caption").text());
    const std::vector<std::string> tones = tones_of(words), people = people_of(words);
    if (tones.size() == 1) add(row, "what is the skin tone?", tones[0]);
    if (people.size() == 1) add(row, "who is this?", people[0]);
    // Most drawings are of people in five skin tones: their group would be nearly every answer.
    if (tones.empty()) add(row, "what kind of picture is this?", class_of(row));
  }

  void classify(const Json& row) {
    if (!tones_of(words_of(row.at("caption").text())).empty()) return;
    const std::string& picture = store(row);
    const std::string name = class_of(row);
    folder_.add_row(Json::object()
                        .set("image", picture)
                        .set("caption", name)
                        .set("image_id", row.at("image_id")),
                    {picture}, name);
    classes_.insert(name);
  }

  std::string classes() const {
    std::string lines;
    for (const std::string& name : classes_) lines += name + "\n";
    return lines;
  }

 private:
  const std::string& store(const Json& row) {
    const std::string& picture = row.at("image").text();
    if (!folder_.has_picture(picture)) folder_.add_picture(picture, tar_.read(picture));
    return picture;
  }

  void add(const Json& row, const char* question, const std::string& answer) {
    const std::string& picture = store(row);
    folder_.add_row(Json::object()
                        .set("image", picture)
                        .set("question", question)
                        .set("answer", Json::array().push(answer))
                        .set("question_id", next_question_++),
                    {picture}, answer);
  }

  TarFile tar_;
  TaskFolder& folder_;
  std::set<std::string> classes_;
  int64_t next_question_ = 0;
};

}  // namespace

void fill_from_picturebook(const std::string& task, const std::string& data, TaskFolder& folder) {
  Rows rows(data, folder);
  for (const char* split : kSplits) {
    const Json list = Json::read(str(data, "/", split, ".json"));
    for (const Json& row : list.items()) task == "vqa" ? rows.ask(row) : rows.classify(row);
    folder.end_list(split);
  }
  if (task == "classify") folder.add_text("classes.txt", rows.classes());
}

}  // namespace medley::train
