// A strict, iterative pull reader of JSON (RFC 8259): text in, one event a call out. It holds no
// tree, so its memory is that of the open brackets and the current string, whatever the input. Made
// for files that nobody vouches for: nesting is bounded, UTF-8 is checked, lone surrogates, control
// characters and anything after the value are refused. Duplicate keys are for the caller to judge.
// The text must outlive the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace medley::models {

class JsonReader {
 public:
  enum class Event {
    begin_object,
    end_object,
    begin_array,
    end_array,
    key,
    string,
    integer,  // no fraction, no exponent, fits an int64; "-0" is a number
    number,
    boolean,
    null,
    end
  };

  // `source` names the text in messages.
  JsonReader(std::string_view text, std::string source, int max_depth = 64);

  // Throws DataError with the byte position.
  Event next();
  // Reads past the value that comes next (one scalar, or all of an array or object).
  void skip_value();

  const std::string& text() const { return string_; }  // of the last key or string, decoded
  int64_t integer() const { return integer_; }
  double number() const { return number_; }  // of an integer too
  bool boolean() const { return boolean_; }
  size_t position() const { return at_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  enum class Expect { value, first_element, first_key, key, comma_or_end, nothing };

  Event value();
  Event open(char bracket);
  Event close(char bracket);
  Event literal(std::string_view word, Event event);
  Event read_number();
  Event read_key();
  void read_string();
  void read_escape();
  uint32_t read_hex4();
  void read_utf8();
  void append_utf8(uint32_t code);
  void skip_space();
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view text_;
  std::string source_;
  size_t at_ = 0;
  size_t max_depth_;
  std::vector<char> open_;  // '{' or '[' of each level
  Expect expect_ = Expect::value;
  std::string string_;
  int64_t integer_ = 0;
  double number_ = 0;
  bool boolean_ = false;
};

}  // namespace medley::models
