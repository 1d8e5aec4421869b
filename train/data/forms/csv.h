// CSV and TSV (RFC 4180): fields in quotes may hold the delimiter, line ends and doubled quotes;
// lines end with LF or CRLF; a byte order mark is passed over. Strict: a quote that does not end,
// text after a closing quote, bytes that are not UTF-8 are DataErrors with file and line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace medley::train {

class CsvReader {
 public:
  // The delimiter is the one of tab, comma and semicolon that the first line has most of.
  CsvReader(std::string_view text, std::string path);

  // Fields of the next line that is not empty; false at the end.
  bool next(std::vector<std::string>& fields);
  int64_t line() const { return first_line_; }  // where what next() gave began, from 1

 private:
  std::string quoted_field();

  std::string_view text_;
  std::string path_;
  char delimiter_;
  size_t at_ = 0;
  int64_t line_ = 1, first_line_ = 1;
};

// Without the byte order mark of UTF-8. DataError for text in UTF-16 or another encoding.
std::string_view checked_utf8(std::string_view text, const std::string& path);
// The same with `mark` in the place of bytes that are not UTF-8. Where there are some, `room` holds
// the text.
std::string_view mended_utf8(std::string_view text, const std::string& path, std::string_view mark,
                             std::string& room);

}  // namespace medley::train
