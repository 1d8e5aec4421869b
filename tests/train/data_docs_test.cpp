// The examples of docs/data.md: their files are made, and the program says what the page says.
#include <sstream>

#include "tests/train/form_files.h"
#include "tests/train/program.h"

namespace medley::train {
namespace {

constexpr const char* kIndent = "    ";

// The blocks of the page: "```files" or "```console", and the lines in them.
std::vector<std::pair<std::string, std::vector<std::string>>> blocks() {
  std::vector<std::pair<std::string, std::vector<std::string>>> blocks;
  std::istringstream page(read_bytes(MEDLEY_SOURCE_DIR "/docs/data.md"));
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().second.push_back(line);
    }
  }
  return blocks;
}

// What a file's indented lines say: nothing for a picture, members of a tar, or the text itself.
std::string contents(const std::string& name, const std::vector<std::string>& lines, int grey) {
  if (has_picture_name(name)) return grey_png(grey);
  std::string text;
  for (const std::string& line : lines) {
    if (!name.ends_with(".tar")) {
      text += line + "\n";
      continue;
    }
    const size_t colon = line.find(": ");
    text += colon == line.npos ? tar_member(line, grey_png(++grey))
                               : tar_member(line.substr(0, colon), line.substr(colon + 2));
  }
  return name.ends_with(".tar") ? text + tar_end() : text;
}

FormFiles make_files(const std::vector<std::string>& lines) {
  FormFiles files;
  int grey = 0;
  for (size_t i = 0; i < lines.size();) {
    const std::string& name = lines[i];
    std::vector<std::string> inside;
    for (++i; i < lines.size() && lines[i].starts_with(kIndent); ++i)
      inside.push_back(lines[i].substr(4));
    files.file(name, contents(name, inside, grey += 10));
  }
  return files;
}

TEST_CASE("docs/data.md: every example opens and is told as the page has it") {
  FormFiles files;
  int examples = 0;
  for (const auto& [kind, lines] : blocks()) {
    if (kind == "files") files = make_files(lines);
    if (kind != "console") continue;
    for (size_t i = 0; i + 1 < lines.size(); i += 2) {
      CAPTURE(lines[i]);
      std::istringstream command(lines[i]);
      Words words;
      std::string dollar, program;
      command >> dollar >> program;
      for (std::string word; command >> word;) words.push_back(word);
      REQUIRE(words.size() >= 3);
      words[2] = files / words[2];
      for (size_t w = 3; w + 1 < words.size(); ++w)
        if (words[w] == "--images") words[w + 1] = files / words[w + 1];
      const Result result = run(words);
      INFO(result.err);
      CHECK(result.code == 0);
      CHECK(result.out.substr(0, result.out.find('\n')) == lines[i + 1]);
      ++examples;
    }
  }
  CHECK(examples == 14);
}

}  // namespace
}  // namespace medley::train
