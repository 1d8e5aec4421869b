// Reading a file as a string.
#include "core/read_text.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "tests/catch.h"

namespace medley {
namespace {

TEST_CASE("read_text: all bytes, or why not") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("medley-read-text-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = folder / "text", bytes("a\0\r\n\xFF", 5);
  std::ofstream(file, std::ios::binary) << bytes;
  CHECK(read_text(file) == bytes);
  CHECK(read_text(file, 5) == bytes);
  CHECK_THROWS_AS(read_text(file, 4), DataError);
  CHECK_THROWS_WITH(read_text(file, 4), Catch::Contains("5 bytes, over the limit of 4"));
  CHECK_THROWS_AS(read_text(folder), IoError);
  CHECK_THROWS_WITH(read_text(folder), Catch::Contains("is a folder"));
  CHECK_THROWS_AS(read_text(folder / "none"), IoError);
  CHECK_THROWS_WITH(read_text(folder / "none"), Catch::Contains("No such file"));
  // A pipe that nobody writes to is not waited for.
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  for (const std::string& name : {(folder / "pipe").string(), std::string("/dev/zero")})
    CHECK_THROWS_WITH(read_text(name), Catch::Contains("is no plain file"));
  CHECK(read_text("/proc/self/stat").size() > 20);  // whose size is 0
  std::filesystem::remove_all(folder);
}

TEST_CASE("as_utf8: byte order marks and UTF-16") {
  using namespace std::string_literals;
  const std::string text = "[\"\u00e4 \u4e2d \U0001f600\"]";
  CHECK(as_utf8(text) == text);
  CHECK(as_utf8("\xEF\xBB\xBF" + text) == text);
  const std::u16string wide = u"[\"\u00e4 \u4e2d \U0001f600\"]";
  std::string low, high;
  for (const char16_t unit : wide) {
    low += {static_cast<char>(unit & 0xFF), static_cast<char>(unit >> 8)};
    high += {static_cast<char>(unit >> 8), static_cast<char>(unit & 0xFF)};
  }
  CHECK(as_utf8("\xFF\xFE" + low) == text);
  CHECK(as_utf8("\xFE\xFF" + high) == text);
  CHECK(as_utf8(low) == text);
  CHECK(as_utf8(high) == text);
  CHECK(as_utf8("\xFF\xFE\x00\xD8x\0"s) == "\xEF\xBF\xBDx");  // half a pair
  CHECK(as_utf8("\xFF\xFEx"s) == "\xEF\xBF\xBD");             // half a unit
  CHECK(as_utf8("").empty());
}

TEST_CASE("a pointer of git-lfs is no text") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("medley-pointer-" + std::to_string(getpid()));
  std::ofstream(file) << "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";
  CHECK_THROWS_WITH(read_text(file), Catch::Contains("is a pointer of git-lfs"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace medley
