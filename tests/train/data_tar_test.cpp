// Tar archives: every form of name and size that is read, every damage that is refused.
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <functional>

#include "tests/train/data_support.h"
#include "train/data/tar.h"

namespace medley::train {
namespace {

std::string text_of(const TarFile& tar, const std::string& name) {
  const std::vector<uint8_t> bytes = tar.read(name);
  return {bytes.begin(), bytes.end()};
}

struct TarText {
  explicit TarText(const std::string& bytes) : path(folder / "a.tar") { write_bytes(path, bytes); }
  TempFolder folder;
  std::string path;
};

std::string refusal(const std::string& bytes) {
  const TarText file(bytes);
  return message_of<DataError>([&] { TarFile tar(file.path); });
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1));
  return out;
}

std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  size_t length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

TEST_CASE("a tar file gives its members by name") {
  const std::string big(1300, 'b');
  const TarText file(tar_header("folder/", octal(0), '5') + tar_member("a.txt", "first") +
                     tar_member("./folder/b", big) + tar_member("empty", "") +
                     tar_header("link", octal(700), '2') + tar_member("a.txt", "second") +
                     tar_end());
  const TarFile tar(file.path);
  CHECK(tar.size() == 3);
  CHECK(tar.members().size() == 4);
  CHECK(tar.repeated("a.txt"));
  CHECK_FALSE(tar.repeated("empty"));
  CHECK(text_of(tar, "a.txt") == "second");
  CHECK(text_of(tar, "folder/b") == big);
  CHECK(text_of(tar, "empty").empty());
  CHECK_FALSE(tar.contains("link"));
  const std::string message = message_of<DataError>([&] { tar.read("c.txt"); });
  CHECK(message.find("'c.txt'") != std::string::npos);
  CHECK(message.find("a.tar") != std::string::npos);
}

TEST_CASE("long names and sizes of POSIX, GNU and pax are read") {
  const std::string name(180, 'n');
  std::string gnu = tar_header("././@LongLink", octal(181), 'L');
  gnu += name + std::string(512 - 180, '\0') + tar_member("cut", "gnu");
  const TarText first(gnu + tar_member("next", "plain") + tar_end());
  CHECK(text_of(TarFile(first.path), name) == "gnu");
  CHECK(text_of(TarFile(first.path), "next") == "plain");

  const std::string records =
      pax_record("path", name + "x") + pax_record("mtime", "1.5") + pax_record("size", "3");
  const TarText second(tar_member("global", pax_record("comment", "c"), 'g') +
                       tar_member("pax", records, 'x') + tar_header("cut", octal(0)) + "pax" +
                       std::string(509, '\0') + tar_end());
  CHECK(text_of(TarFile(second.path), name + "x") == "pax");

  const TarText third(tar_header("tail", octal(0), '0', "head/middle") +
                      tar_header("base256", std::string("\x80\0\0\0\0\0\0\0\0\0\0\x02", 12)) +
                      "ab" + std::string(510, '\0') + tar_end());
  CHECK(text_of(TarFile(third.path), "head/middle/tail").empty());
  CHECK(text_of(TarFile(third.path), "base256") == "ab");
}

TEST_CASE("links in a tar file are the files that they mean") {
  const std::string far(90, 'f');
  std::string gnu = tar_header("././@LongLink", octal(91), 'K') + far + std::string(512 - 90, '\0');
  const TarText file(tar_link("before", "p/a", '1') + tar_member("p/a", "A") +
                     tar_member(far, "F") + tar_link("p/near", "a", '2') +
                     tar_link("q/up", "../p/a", '2') + tar_link("twice", "q/up", '2') +
                     tar_link("round", "circle", '2') + tar_link("circle", "round", '2') +
                     tar_link("out", "/etc/passwd", '2') + tar_link("above", "../a", '2') +
                     tar_link("none", "missing", '1') + gnu + tar_link("long", "cut", '2') +
                     tar_member("pax", pax_record("linkpath", "p/a"), 'x') +
                     tar_link("paxed", "cut", '2') + tar_end());
  const TarFile tar(file.path);
  for (const char* name : {"before", "p/near", "q/up", "twice", "paxed"}) {
    INFO(name);
    CHECK(text_of(tar, name) == "A");
  }
  CHECK(text_of(tar, "long") == "F");
  for (const char* name : {"round", "circle", "out", "above", "none"})
    CHECK_FALSE(tar.contains(name));
  CHECK(tar.members().size() == 8);
}

TEST_CASE("a name is found in a tar file however it is written") {
  const TarText file(tar_member("./p/x.png", "X") + tar_member("q//y.png", "Y") + tar_end());
  const TarFile tar(file.path);
  for (const char* name : {"p/x.png", "./p/x.png", "p/./x.png", "q/../p/x.png"})
    CHECK(text_of(tar, name) == "X");
  CHECK(text_of(tar, "q/y.png") == "Y");
}

TEST_CASE("archives that follow one another in one file are one") {
  const std::string first = tar_member("a", "1") + tar_end(),
                    second = tar_member("b", "2") + tar_end();
  const TarText file(first + second + std::string(10240, '\0') + first);
  const TarFile tar(file.path);
  CHECK(text_of(tar, "a") == "1");
  CHECK(text_of(tar, "b") == "2");
  CHECK(tar.repeated("a"));
  CHECK(refusal(first + std::string(512, 'x')).find("at byte 2048") != std::string::npos);
  CHECK_FALSE(refusal(first + "x").empty());
}

TEST_CASE("archives of gzip and zstd are unpacked, also where they are joined") {
  std::string big;
  for (int i = 0; big.size() < (size_t{3} << 20); ++i) big += std::to_string(i);
  const std::string first = tar_member("a", big) + tar_end(),
                    second = tar_member("b", "2") + tar_end();
  const std::function<std::string(const std::string&)> packers[] = {gzip, zstd};
  for (const auto& pack : packers) {
    const std::string packed = pack(first) + pack(second);
    const TarText file(packed);
    const TarFile tar(file.path);
    CHECK(text_of(tar, "a") == big);
    CHECK(text_of(tar, "b") == "2");
    CHECK(tar.path() == file.path);
    for (const size_t cut : {packed.size() - 1, packed.size() / 2, size_t{12}})
      CHECK(refusal(packed.substr(0, cut)).find("it is cut off") != std::string::npos);
  }
  std::string damaged = gzip(first);
  damaged[damaged.size() / 2] ^= 1;
  CHECK(refusal(damaged).find("damaged gzip") != std::string::npos);
  // Nothing but zeros, as what is made to fill a disk.
  CHECK(refusal(zstd(std::string(size_t{80} << 20, '\0'))).find("unpacks to more than") !=
        std::string::npos);
}

TEST_CASE("a compressed archive needs a place to be unpacked in") {
  const TarText file(gzip(tar_member("a", "1") + tar_end()));
  const char* set = std::getenv("TMPDIR");
  const std::string before = set ? set : "";
  setenv("TMPDIR", "/none", 1);
  const std::string message = message_of<IoError>([&] { TarFile tar(file.path); });
  before.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
  CHECK(message.find("TMPDIR") != std::string::npos);
}

TEST_CASE("a zip archive and a pointer of git-lfs are called what they are") {
  const std::string zip = refusal("PK\x03\x04" + std::string(600, '\0'));
  CHECK(zip.find("is a zip archive, not a tar") != std::string::npos);
  CHECK(zip.find("unzip") != std::string::npos);
  CHECK(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
            .find("pointer of git-lfs") != std::string::npos);
}

TEST_CASE("a tar file that is cut anywhere is refused with the place") {
  const std::string whole =
      tar_member("one", std::string(600, '1')) + tar_member("two", "2") + tar_end();
  REQUIRE(refusal(whole).empty());
  for (size_t cut = 0; cut < whole.size(); cut += 512) {
    CAPTURE(cut);
    const std::string message = refusal(whole.substr(0, cut));
    CHECK(message.find("a.tar") != std::string::npos);
    CHECK(message.find("byte") != std::string::npos);
  }
  CHECK(refusal(whole.substr(0, 700)).find("'one'") != std::string::npos);
  CHECK(refusal(whole.substr(0, 512 + 1024)).find("'one'") != std::string::npos);
}

TEST_CASE("damaged tar headers are refused") {
  std::string flipped = tar_member("one", "1") + tar_end();
  flipped[1] ^= 4;
  CHECK(refusal(flipped).find("checksum") != std::string::npos);
  CHECK(refusal(tar_header("huge", "77777777777") + tar_end()).find("'huge'") != std::string::npos);
  const std::string negative(12, '\xff'), enormous = "\x80" + std::string(11, '\x7f');
  for (const std::string& size :
       {std::string("12x45"), std::string(12, ' '), std::string("1 2"), negative, enormous})
    CHECK(refusal(tar_header("wrong", size) + tar_end()).find("size") != std::string::npos);
  CHECK(refusal(tar_member("p", "9 path=x\n", 'x') + tar_member("a", "") + tar_end()).empty());
  for (const std::string record : {"99 path=x\n", "9 path=xx", "0 a=b\n", "x", "9 pathxxx\n"})
    CHECK(refusal(tar_member("p", record, 'x') + tar_end()).find("pax") != std::string::npos);
  CHECK(refusal(tar_member("p", pax_record("size", "-1"), 'x') + tar_end()).find("pax") !=
        std::string::npos);
  CHECK(refusal(tar_header("p", octal(1 << 21), 'x') + std::string(1 << 21, ' ') + tar_end())
            .find("extended") != std::string::npos);
  CHECK(refusal(tar_header("s", octal(0), 'S') + tar_end()).find("sparse") != std::string::npos);
  CHECK(refusal(std::string(512, '\0') + tar_member("a", "") + tar_end()).find("empty block") !=
        std::string::npos);
  CHECK_FALSE(refusal(std::string(2048, 'x')).empty());
}

TEST_CASE("a tar file that is missing, a folder or shortened later gives an error") {
  TempFolder folder;
  CHECK_THROWS_AS(TarFile(folder / "none.tar"), IoError);
  CHECK_THROWS_AS(TarFile(folder.path()), DataError);
  const TarText file(tar_member("one", std::string(900, '1')) + tar_end());
  const TarFile tar(file.path);
  std::filesystem::resize_file(file.path, 600);
  CHECK(message_of<DataError>([&] { tar.read("one"); }).find("'one'") != std::string::npos);
}

}  // namespace
}  // namespace medley::train
