// What a terminal would obey is shown instead.
#include "core/printable.h"

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;

TEST_CASE("printable: control characters are escaped, and what is escaped stays as it is") {
  const std::string text =
      "a\x1b[2Jb\r\x7f\xC2\x9B"
      "c\tÄ\xC2\xA0"
      "d\n";
  const std::string shown =
      "a\\x1b[2Jb\\x0d\\x7f\\u009bc\\x09Ä\xC2\xA0"
      "d\\n";
  CHECK(printable(text) == shown);
  CHECK(printable(shown) == shown);
  CHECK(printable("a\nb\x01", LineEnds::keep) == "a\nb\\x01");
  CHECK(printable("\xC2") == "\xC2");
  CHECK(printable("").empty());
}

TEST_CASE("printable: each long line is cut, between characters") {
  const std::string line(kMostOfLine, 'x');
  CHECK(printable(line) == line);
  const std::string cut = printable("y\n" + line + "x\nz", LineEnds::keep);
  CHECK(cut == "y\n" + line.substr(3) + "...\nz");
  std::string umlauts;
  while (umlauts.size() < 2 * kMostOfLine) umlauts += "Ä";
  const std::string half = printable(umlauts);
  CHECK(half.size() <= kMostOfLine);
  CHECK(half.ends_with("Ä..."));
}

TEST_CASE("printable: errors hold nothing that a terminal obeys") {
  const DataError error("x.pth: '\x1b]0;title\x07' stands twice", "rename\x1b it");
  CHECK(std::string(error.what()) ==
        "x.pth: '\\x1b]0;title\\x07' stands twice\n  hint: rename\\x1b it");
}
