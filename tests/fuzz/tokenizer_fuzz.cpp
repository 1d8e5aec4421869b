// Any bytes as text: ids, the text that they give, cleaning; and as a vocabulary.
#include <cstdlib>
#include <sstream>
#include <string>

#include "core/error.h"
#include "models/text/tokenizer.h"

namespace {

const medley::models::Tokenizer& tokenizer() {
  static const medley::models::Tokenizer words({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]",
                                                "[ENC]", "a",     "##a",   "b",     "##b",
                                                "ab",    "c",     "##c",   ",",     ".",
                                                "'",     "n",     "t",     "##t",   "1",
                                                "##1",   "2",     "e",     "##e",   "\xE4\xB8\xAD",
                                                "s",     "##s"});
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const std::vector<int32_t> ids = tokenizer().encode(text);
    for (const int32_t id : ids)
      if (id < 0 || id >= tokenizer().size()) std::abort();
    tokenizer().decode(ids);
    if (tokenizer().encode_caption(text, 8).size() > 8) std::abort();
    medley::models::clean_caption(text);
    medley::models::clean_question(text);
  } catch (const medley::Error&) {
  }
  try {
    std::istringstream lines(text);
    std::vector<std::string> pieces;
    for (std::string line; std::getline(lines, line);) pieces.push_back(line);
    const medley::models::Tokenizer own(std::move(pieces));
    own.decode(own.encode("a b [DEC] \xC3\xA9 abc"));
  } catch (const medley::Error&) {
  }
  return 0;
}
