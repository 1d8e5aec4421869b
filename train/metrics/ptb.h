// The words of a caption as the COCO caption evaluation splits them: the rules of the Penn Treebank
// tokenizer of Stanford CoreNLP 3.4.1 with -preserveLines and -lowerCase, then without punctuation.
//   ptb_tokens("A man's dog, it doesn't bark.")  ->  "a man 's dog it does n't bark"
// Addresses, telephone numbers and rare scripts are covered as far as the golden lines go.
#pragma once

#include <string>
#include <string_view>

namespace medley::train {

// Tokens with single spaces between them. A line break counts as a space.
std::string ptb_tokens(std::string_view text);

}  // namespace medley::train
