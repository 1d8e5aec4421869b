// WordPiece against cases worked out by hand from BERT's rules.
#include "models/text/tokenizer.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

Words vocabulary() {
  return {"[PAD]", "[UNK]",  "[CLS]", "[SEP]", "[DEC]", "[ENC]", "[MASK]", "un",
          "##aff", "##able", "a",     "##a",   "cafe",  "don",   "'",      "t",
          "dog",   "##s",    ".",     ",",     "[",     "]",     "sep",    "\xe7\x8c\xab",
          "it",    "s",      "##b",   "we",    "re"};
}

Words pieces(const Tokenizer& tokenizer, std::string_view text) {
  Words out;
  for (const int32_t id : tokenizer.encode(text))
    out.push_back(tokenizer.vocabulary()[static_cast<size_t>(id)]);
  return out;
}

}  // namespace

TEST_CASE("words are split as BERT's basic tokenizer does") {
  CHECK(split_words("") == Words{});
  CHECK(split_words(" \t\r\n\xe3\x80\x80") == Words{});  // U+3000 is white space
  CHECK(split_words("Hello, World!") == Words{"hello", ",", "world", "!"});
  CHECK(split_words("e-mail foo_bar $5.99 a+b") ==
        Words{"e", "-", "mail", "foo", "_", "bar", "$", "5", ".", "99", "a", "+", "b"});
  CHECK(split_words("don't...") == Words{"don", "'", "t", ".", ".", "."});
  // Both forms of the accent.
  CHECK(split_words("Caf\xc3\xa9 cafe\xcc\x81") == Words{"cafe", "cafe"});
  CHECK(split_words("\xc4\xb0stanbul") == Words{"istanbul"});  // I with dot
  CHECK(split_words("stra\xc3\x9f"
                    "e") == Words{"stra\xc3\x9f"
                                  "e"});  // sharp s stays
  // Ideographs.
  CHECK(split_words("\xe7\x8c\xab\xe7\x8a\xac") == Words{"\xe7\x8c\xab", "\xe7\x8a\xac"});
  CHECK(split_words("\xe3\x81\xad\xe3\x81\x93").size() == 1);  // kana stay together
  CHECK(split_words("a\xc2\xad"
                    "b\xe2\x80\x8d"
                    "c") == Words{"abc"});  // soft hyphen, joiner
  CHECK(split_words("a\xe2\x80\xa8"
                    "b") == Words{"a", "b"});  // line separator
  // NUL, a broken byte.
  CHECK(split_words(std::string("a\0b\xff"
                                "c",
                                5)) == Words{"abc"});
  CHECK(split_words("\xe2\x80\x9cok\xe2\x80\x9d") == Words{"\xe2\x80\x9c", "ok", "\xe2\x80\x9d"});
  CHECK(split_words("[SEP]") == Words{"[", "sep", "]"});
}

TEST_CASE("pieces are matched longest first, and a word that does not fit is unknown as a whole") {
  const Tokenizer tokenizer(vocabulary());
  CHECK(pieces(tokenizer, "Unaffable DOGS.") == Words{"un", "##aff", "##able", "dog", "##s", "."});
  CHECK(pieces(tokenizer, "dogx dog") == Words{"[UNK]", "dog"});
  CHECK(pieces(tokenizer,
               "\xe7\x8c\xab"
               "dog") == Words{"\xe7\x8c\xab", "dog"});
  CHECK(pieces(tokenizer, std::string(100, 'a')).size() == 100);
  CHECK(pieces(tokenizer, std::string(101, 'a')) == Words{"[UNK]"});
  CHECK(tokenizer.encode("").empty());
}

TEST_CASE("special tokens in a text keep their meaning as in the original") {
  const Tokenizer tokenizer(vocabulary());
  CHECK(pieces(tokenizer, "a [SEP] a") == Words{"a", "[SEP]", "a"});
  CHECK(pieces(tokenizer, "a[SEP]") == Words{"a", "[", "sep", "]"});
  CHECK(pieces(tokenizer, "[sep]") == Words{"[", "sep", "]"});
  CHECK(pieces(tokenizer, "dog[DEC]a[ENC]") == Words{"dog", "[DEC]", "a", "[ENC]"});
}

TEST_CASE("captions are framed and cut before the separator") {
  const Tokenizer tokenizer(vocabulary());
  CHECK(tokenizer.encode_caption("a dog", 16) == std::vector<int32_t>{2, 10, 16, 3});
  CHECK(tokenizer.encode_caption("a dog a dog", 4) == std::vector<int32_t>{2, 10, 16, 3});
  CHECK(tokenizer.encode_caption("", 16) == std::vector<int32_t>{2, 3});
  CHECK(tokenizer.encode_caption("a dog", 2) == std::vector<int32_t>{2, 3});
  CHECK_THROWS_AS(tokenizer.encode_caption("a dog", 1), ValueError);
}

TEST_CASE("decoding joins pieces, drops special tokens and cleans up") {
  const Tokenizer tokenizer(vocabulary());
  const auto round = [&](const char* text) {
    return tokenizer.decode(tokenizer.encode_caption(text, 64));
  };
  CHECK(round("unaffable dogs , dog .") == "unaffable dogs, dog.");
  CHECK(round("it's") == "it's");
  CHECK(round("we're dogs") == "we're dogs");
  CHECK(round("don't") == "don't");
  CHECK(tokenizer.decode({4, 16, 3, 0, 6}) == "dog");
  CHECK(tokenizer.decode({}) == "");
  CHECK_THROWS_WITH(tokenizer.decode({99}), Contains("99"));
}

TEST_CASE("vocabularies are checked, written and read") {
  Words missing = vocabulary();
  missing[4] = "x";
  CHECK_THROWS_WITH(Tokenizer(missing), Contains("[DEC]"));
  Words twice = vocabulary();
  twice.push_back("dog");
  CHECK_THROWS_WITH(Tokenizer(twice), Contains("'dog' stands twice"));

  const std::string path =
      (std::filesystem::temp_directory_path() / "medley_tokenizer_test_vocab.txt").string();
  std::ofstream(path) << Tokenizer(vocabulary()).text();
  CHECK(Tokenizer::read(path).vocabulary() == vocabulary());
  std::ofstream(path) << "[PAD]\r\n[UNK]\r\n";
  CHECK_THROWS_WITH(Tokenizer::read(path), Contains(path) && Contains("[CLS]"));
  std::remove(path.c_str());
  CHECK_THROWS_AS(Tokenizer::read(path), IoError);
}

TEST_CASE("captions are cleaned as the original does") {
  CHECK(clean_caption("Two dogs.\n") == "two dogs");
  CHECK(clean_caption("a;b:c~d*e#f\"g\"(h)!") == "a b c d e f g h");
  CHECK(clean_caption("what's this, a cat - or / a dog?") == "what's this, a cat - or / a dog?");
  CHECK(clean_caption("one two  three four", 3) == "one two three");
  CHECK(clean_caption("one two", 2) == "one two");
  CHECK(clean_caption("a\tb\t\tc") == "a\tb c");  // a single tab is no run of white space
  CHECK(clean_caption("\nTwo dogs\n\n", 2) == "\ntwo dogs");
  CHECK(clean_caption("...") == "");
  // Sigma ends a word in its other form.
  CHECK(clean_caption("\xce\xa3\xce\x91\xce\xa3 \xce\xa3") == "\xcf\x83\xce\xb1\xcf\x82 \xcf\x83");
}
