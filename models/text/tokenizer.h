// WordPiece tokenizer, exact to BERT's uncased one: clean, lower case, strip accents, split on
// white space, punctuation and CJK, then longest match first. Special tokens [DEC] and [ENC] are
// BLIP's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace medley::models {

class Tokenizer {
 public:
  // Vocabulary in id order. Throws DataError when a special token ([PAD] [UNK] [CLS] [SEP] [DEC]
  // [ENC]) is missing or a piece stands twice.
  explicit Tokenizer(std::vector<std::string> vocabulary);
  // vocab.txt: one piece a line. Throws IoError, DataError.
  static Tokenizer read(const std::string& path);
  static std::vector<std::string> read_pieces(const std::string& path);
  // As vocab.txt has it: a piece per line.
  std::string text() const;

  // Pieces of text; none is added. As in the original, [DEC] and [ENC] in the text give their ids
  // wherever they stand, the other special tokens where they stand alone.
  std::vector<int32_t> encode(std::string_view text) const;
  // [CLS] pieces [SEP], at most max_tokens in all: the pieces are cut, [SEP] stays.
  std::vector<int32_t> encode_caption(std::string_view text, int64_t max_tokens) const;
  // Joins pieces and cleans up spaces before punctuation; special tokens are left out. Throws
  // ValueError for an id out of range.
  std::string decode(const std::vector<int32_t>& ids) const;

  int64_t size() const { return static_cast<int64_t>(pieces_.size()); }
  const std::vector<std::string>& vocabulary() const { return pieces_; }
  int32_t pad() const { return pad_; }
  int32_t unk() const { return unk_; }
  int32_t cls() const { return cls_; }
  int32_t sep() const { return sep_; }
  int32_t dec() const { return dec_; }
  int32_t enc() const { return enc_; }

 private:
  void add_word(std::u32string_view word, std::vector<int32_t>& ids) const;

  std::vector<std::string> pieces_;
  std::unordered_map<std::string, int32_t> ids_;
  int32_t pad_ = 0, unk_ = 0, cls_ = 0, sep_ = 0, dec_ = 0, enc_ = 0;
};

// Words as the tokenizer sees them before WordPiece: the training input of a vocabulary.
std::vector<std::string> split_words(std::string_view text);

// Trains a vocabulary: special tokens, the alphabet (whole, even where it exceeds `size`), then the
// most frequent adjacent pair merged again and again until `size` pieces or no pair occurs twice;
// ties go to the alphabetically first, so the result is always the same.
std::vector<std::string> train_vocabulary(const std::vector<std::string>& texts, int64_t size);

// The original's caption cleaning: lower case, . ! " ( ) * # : ; ~ to spaces, single spaces, at
// most max_words words.
std::string clean_caption(std::string_view text, int64_t max_words = 50);
// The original's question cleaning: the same signs are taken out without a trace, spaces at the end
// too, nothing else.
std::string clean_question(std::string_view text, int64_t max_words = 50);

}  // namespace medley::models
