// The vocabulary trainer.
#include <algorithm>

#include "models/text/tokenizer.h"
#include "tests/catch.h"

using namespace medley::models;
using Words = std::vector<std::string>;

TEST_CASE("merges go by frequency, then by alphabet") {
  // ab 3 times, cb twice: a ##b is merged first; then c ##b.
  CHECK(train_vocabulary({"ab ab ab cb", "cb d"}, 100) == Words{"[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                                                "[DEC]", "[ENC]", "##b", "a", "c",
                                                                "d", "ab", "cb"});
  // Equal counts: (a, ##z) stands before (b, ##a), (a, ##a) before both.
  const Words tie = train_vocabulary({"ba az ba az aa aa"}, 100);
  CHECK(Words(tie.end() - 3, tie.end()) == Words{"aa", "az", "ba"});
  // A pair that occurs once is not merged, and size is a limit.
  CHECK(train_vocabulary({"xy"}, 100).size() == 8);
  CHECK(train_vocabulary({"ab ab cb cb"}, 10).size() == 10);
  // The alphabet is never cut.
  CHECK(train_vocabulary({"abcdef"}, 3).size() == 12);
}

TEST_CASE("overlapping pairs in one word are counted and merged from the left") {
  // aaaa: a ##a ##a ##a. (##a, ##a) twice a word, so it wins over (a, ##a).
  const Words v = train_vocabulary({"aaaa aaaa"}, 100);
  CHECK(Words(v.begin() + 6, v.end()) == Words{"##a", "a", "##aa", "##aaa", "aaaa"});
}

TEST_CASE(
    "a trained vocabulary encodes its texts without unknown pieces, and the order of texts does "
    "not matter") {
  Words texts = {"a zebra left of a door", "a door above a zebra",
                 "two caf\xc3\xa9s, and a dog's bone", "the zebra's door",
                 "a d\xc3\xb6ner right of the bone"};
  const Words vocabulary = train_vocabulary(texts, 40);
  CHECK(vocabulary.size() == 40);
  const Tokenizer tokenizer(vocabulary);
  for (const std::string& text : texts) {
    const std::vector<int32_t> ids = tokenizer.encode(text);
    CHECK(std::count(ids.begin(), ids.end(), tokenizer.unk()) == 0);
    Words joined = split_words(text), decoded = split_words(tokenizer.decode(ids));
    CHECK(joined == decoded);
  }
  std::reverse(texts.begin(), texts.end());
  CHECK(train_vocabulary(texts, 40) == vocabulary);
}
