// What TarWriter writes is read back, by TarFile and by tar.
#include <cstdlib>

#include "tests/train/data_support.h"
#include "train/data/tar.h"
#include "train/data/tar_writer.h"

namespace medley::train {
namespace {

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

const std::vector<std::pair<std::string, std::string>> kMembers = {
    {"a.png", "some bytes"},
    {"empty", ""},
    {"folder/" + std::string(93, 'n'), std::string(512, 'b')},  // 100 bytes: fits the header
    {"folder/" + std::string(94, 'n'), std::string(513, 'c')},  // 101: does not
    {"folder/" + std::string(250, 'm') + "/x", std::string(1, '\0')}};

void write_members(const std::string& path) {
  TarWriter writer(path);
  for (const auto& [name, text] : kMembers) writer.add(name, bytes_of(text));
  writer.close();
}

TEST_CASE("a tar that is written reads back, names of any length included") {
  const TempFolder folder;
  write_members(folder / "a.tar");
  const TarFile tar(folder / "a.tar");
  CHECK(tar.size() == kMembers.size());
  for (const auto& [name, text] : kMembers) CHECK(tar.read(name) == bytes_of(text));
}

TEST_CASE("equal members give equal archives, and tar unpacks them") {
  const TempFolder folder;
  write_members(folder / "a.tar");
  write_members(folder / "b.tar");
  CHECK(read_bytes(folder / "a.tar") == read_bytes(folder / "b.tar"));
  REQUIRE(std::system(("tar -C " + folder.path() + " -xf " + folder / "a.tar").c_str()) == 0);
  for (const auto& [name, text] : kMembers) CHECK(read_bytes(folder / name) == text);
}

TEST_CASE("a tar without its end is refused") {
  const TempFolder folder;
  {
    TarWriter writer(folder / "a.tar");
    writer.add("a.png", bytes_of("some bytes"));
  }
  CHECK_THROWS_AS(TarFile(folder / "a.tar"), DataError);
  CHECK_THROWS_AS(TarWriter(folder / "nowhere/a.tar"), IoError);
}

}  // namespace
}  // namespace medley::train
