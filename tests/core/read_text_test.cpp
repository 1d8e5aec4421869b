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

}  // namespace
}  // namespace medley
