// WordPiece ids, decoding and caption cleaning of the original's tokenizer (hf/tokenizer), line by
// line.
#include "models/text/tokenizer.h"

#include <sstream>

#include "tests/catch.h"
#include "tests/oracle/oracle.h"

namespace medley::oracle {
namespace {

using models::Tokenizer;

// The file's vocabulary with [DEC] and [ENC] appended, as the original's init_tokenizer does.
Tokenizer bert() {
  std::vector<std::string> pieces;
  std::istringstream text(read_text("hf/tokenizer/vocab.txt"));
  for (std::string line; std::getline(text, line);) pieces.push_back(line);
  pieces.insert(pieces.end(), {"[DEC]", "[ENC]"});
  return Tokenizer(pieces);
}

TEST_CASE("tokenizer: ids of every line") {
  const Tokenizer tokenizer = bert();
  for (const Json& line : read_lines("hf/tokenizer/wordpiece.jsonl")) {
    const auto text = line.at("text").get<std::string>();
    INFO(text);
    std::vector<int32_t> ids{tokenizer.cls()};
    for (const int32_t id : tokenizer.encode(text)) ids.push_back(id);
    ids.push_back(tokenizer.sep());
    CHECK(ids == line.at("ids").get<std::vector<int32_t>>());
  }
}

TEST_CASE("tokenizer: decoding every line") {
  const Tokenizer tokenizer = bert();
  for (const Json& line : read_lines("hf/tokenizer/decode.jsonl")) {
    INFO(line.dump());
    CHECK(tokenizer.decode(line.at("ids").get<std::vector<int32_t>>()) ==
          line.at("text").get<std::string>());
  }
}

TEST_CASE("tokenizer: cleaning of every caption") {
  for (const Json& line : read_lines("hf/tokenizer/cleaning.jsonl")) {
    INFO(line.dump());
    CHECK(models::clean_caption(line.at("text").get<std::string>(), line.at("max_words")) ==
          line.at("pre_caption").get<std::string>());
  }
}

}  // namespace
}  // namespace medley::oracle
