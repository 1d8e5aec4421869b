// WordPiece ids, decoding and caption cleaning of the original's tokenizer (hf/tokenizer), line by
// line.
#include "models/text/tokenizer.h"

#include <algorithm>
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

// Here texts are packed, so that what a padded batch must agree with is each row without padding.
TEST_CASE("tokenizer: truncation of every text and batch") {
  const Tokenizer tokenizer = bert();
  int compared = 0;
  for (const Json& line : read_lines("hf/tokenizer/padding.jsonl")) {
    if (line.contains("pair")) continue;  // BLIP encodes no pairs
    INFO(line.dump());
    const bool batch = line.contains("texts");
    const Json texts = batch ? line.at("texts") : Json::array({line.at("text")});
    const Json ids = batch ? line.at("ids") : Json::array({line.at("ids")});
    const Json masks = batch ? line.at("mask") : Json::array({line.at("mask")});
    const int64_t most =
        line.at("max_length").is_null() ? int64_t{1} << 30 : line.at("max_length").get<int64_t>();
    for (size_t i = 0; i < texts.size(); ++i) {
      auto right = ids[i].get<std::vector<int32_t>>();
      const auto mask = masks[i].get<std::vector<int>>();
      right.resize(static_cast<size_t>(std::count(mask.begin(), mask.end(), 1)));
      CHECK(tokenizer.encode_caption(texts[i].get<std::string>(), most) == right);
      ++compared;
    }
  }
  CHECK(compared > 0);
}

TEST_CASE("tokenizer: cleaning of every caption and question") {
  for (const Json& line : read_lines("hf/tokenizer/cleaning.jsonl")) {
    INFO(line.dump());
    CHECK(models::clean_caption(line.at("text").get<std::string>(), line.at("max_words")) ==
          line.at("pre_caption").get<std::string>());
    CHECK(models::clean_question(line.at("text").get<std::string>(), line.at("max_words")) ==
          line.at("pre_question").get<std::string>());
  }
}

}  // namespace
}  // namespace medley::oracle
