// Lines or JSON.
#include "train/cli/read_list.h"

#include <set>
#include <sstream>

#include "core/error.h"
#include "core/json.h"
#include "core/read_text.h"
#include "core/str.h"

namespace medley::train {

std::vector<std::string> read_list(const std::string& path) {
  const std::string content = as_utf8(read_text(path));
  std::vector<std::string> texts;
  if (content.starts_with('[')) {
    Json::each_element(content, path, [&](const Json& text) { texts.push_back(text.text()); });
  } else {
    std::istringstream lines(content);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) texts.push_back(line);
    }
  }
  if (texts.empty()) throw DataError(path + " has no texts", "write one per line");
  std::set<std::string> seen;
  for (const std::string& text : texts)
    if (!seen.insert(text).second)
      throw DataError(str(path, " has '", text, "' twice"), "remove one of them");
  return texts;
}

}  // namespace medley::train
