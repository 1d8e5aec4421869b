// Reading a file as a string.
#include "core/read_text.h"

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
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace medley
