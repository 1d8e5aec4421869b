// WordPiece (Wu et al. 2016, as in BERT): encoding, decoding, vocabulary files.
#include "models/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "core/error.h"
#include "core/str.h"
#include "models/text/unicode.h"
#include "models/text/words.h"

namespace medley::models {
namespace {

// BERT gives up on longer words: matching is quadratic in their length.
constexpr size_t kLongestWord = 100;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

Tokenizer::Tokenizer(std::vector<std::string> vocabulary) : pieces_(std::move(vocabulary)) {
  for (size_t i = 0; i < pieces_.size(); ++i) {
    const auto [found, is_new] = ids_.emplace(pieces_[i], static_cast<int32_t>(i));
    if (!is_new)
      throw DataError(str("[tokenizer] piece '", pieces_[i],
                          "' stands twice in the vocabulary: as ", found->second, " and as ", i));
  }
  const auto special = [&](const char* piece) {
    const auto found = ids_.find(piece);
    if (found == ids_.end())
      throw DataError(
          str("[tokenizer] the vocabulary of ", pieces_.size(), " pieces has no ", piece),
          "a BLIP vocabulary holds [PAD] [UNK] [CLS] [SEP] [DEC] [ENC]");
    return found->second;
  };
  pad_ = special("[PAD]");
  unk_ = special("[UNK]");
  cls_ = special("[CLS]");
  sep_ = special("[SEP]");
  dec_ = special("[DEC]");
  enc_ = special("[ENC]");
}

std::vector<std::string> Tokenizer::read_pieces(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw IoError(str("[tokenizer] cannot open ", path));
  std::vector<std::string> pieces;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    pieces.push_back(line);
  }
  if (file.bad()) throw IoError(str("[tokenizer] cannot read ", path));
  return pieces;
}

Tokenizer Tokenizer::read(const std::string& path) {
  try {
    return Tokenizer(read_pieces(path));
  } catch (const DataError& error) {
    throw DataError(str(path, ": ", error.what()));
  }
}

std::string Tokenizer::text() const {
  std::string text;
  for (const std::string& piece : pieces_) text += piece + "\n";
  return text;
}

// Ids of one word: at each place the longest piece that fits, and [UNK] for the whole word when
// none does.
void Tokenizer::add_word(std::u32string_view word, std::vector<int32_t>& ids) const {
  if (word.size() > kLongestWord) return ids.push_back(unk_);
  const size_t first = ids.size();
  for (size_t begin = 0; begin < word.size();) {
    size_t end = word.size();
    for (; end > begin; --end) {
      const auto found =
          ids_.find((begin > 0 ? "##" : "") + encode_utf8(word.substr(begin, end - begin)));
      if (found == ids_.end()) continue;
      ids.push_back(found->second);
      break;
    }
    if (end == begin) {
      ids.resize(first);
      return ids.push_back(unk_);
    }
    begin = end;
  }
}

std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  const auto add = [&](std::string_view part) {
    for (const std::u32string& word : basic_words(part, true)) add_word(word, ids);
  };
  // [DEC] and [ENC] were added to BERT's tokenizer, and added tokens are cut out wherever they
  // stand.
  size_t begin = 0;
  for (size_t at = 0; (at = text.find('[', at)) != std::string_view::npos;) {
    const std::string_view token = text.substr(at, 5);
    if (token != "[DEC]" && token != "[ENC]") {
      ++at;
      continue;
    }
    add(text.substr(begin, at - begin));
    ids.push_back(token == "[DEC]" ? dec_ : enc_);
    begin = at += token.size();
  }
  add(text.substr(begin));
  return ids;
}

std::vector<int32_t> Tokenizer::encode_caption(std::string_view text, int64_t max_tokens) const {
  if (max_tokens < 2)
    throw ValueError(str("[tokenizer] max_tokens is ", max_tokens, ": [CLS] and [SEP] take 2"));
  std::vector<int32_t> ids = encode(text);
  ids.resize(std::min(ids.size(), static_cast<size_t>(max_tokens - 2)));
  ids.insert(ids.begin(), cls_);
  ids.push_back(sep_);
  return ids;
}

std::string Tokenizer::decode(const std::vector<int32_t>& ids) const {
  std::string text;
  for (const int32_t id : ids) {
    if (id < 0 || id >= size())
      throw ValueError(str("[tokenizer] there is no piece ", id, ": the vocabulary has ", size()));
    const std::string& piece = pieces_[static_cast<size_t>(id)];
    if (id == dec_ || id == enc_ || is_lone_special(piece)) continue;
    if (!text.empty()) text += ' ';
    text += piece;
  }
  replace_all(text, " ##", "");
  // The clean-up of BERT's tokenizer in transformers 4.15, in its order.
  constexpr std::array<std::array<std::string_view, 2>, 10> kCleanUp{{{" .", "."},
                                                                      {" ?", "?"},
                                                                      {" !", "!"},
                                                                      {" ,", ","},
                                                                      {" ' ", "'"},
                                                                      {" n't", "n't"},
                                                                      {" 'm", "'m"},
                                                                      {" 's", "'s"},
                                                                      {" 've", "'ve"},
                                                                      {" 're", "'re"}}};
  for (const auto& [from, to] : kCleanUp) replace_all(text, from, to);
  return text;
}

}  // namespace medley::models
