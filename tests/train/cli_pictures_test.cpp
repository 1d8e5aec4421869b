// How the commands read people's pictures: turned upright, unusual ones told, others left out.
#include <sys/stat.h>

#include "tests/train/form_files.h"
#include "tests/train/picture_support.h"
#include "tests/train/program.h"

namespace medley::train {
namespace {

const std::string kModels = MEDLEY_SOURCE_DIR "/tests/fixtures/oracles/hf/models/";

void write_picture(const FormFiles& files, const std::string& name, const std::string& from) {
  const std::vector<uint8_t> bytes = picture_file(from);
  files.file(name, {bytes.begin(), bytes.end()});
}

TEST_CASE("cli: match turns pictures upright as EXIF says, unless told otherwise") {
  const FormFiles files;
  write_picture(files, "photo.jpg", "orientation6.jpg");
  const auto write_png = [&](const std::string& name, const Image& image) {
    const std::vector<uint8_t> png = encode_png(image.width, image.height, 3, image.rgb);
    files.file(name, {png.begin(), png.end()});
  };
  write_png("upright.png", read_image(files / "photo.jpg", {.upright = true}));
  write_png("stored.png", read_image(files / "photo.jpg"));
  std::string err;
  const auto cosine = [&](const std::string& name, const Words& more = {}) {
    const Result r = run(
        with({"match", kModels + "retrieval", files / name, "--text", "a cat", "--json"}, more));
    err = r.err;
    return Json::parse(r.out, "stdout").items().at(0).at("itc_cosine").number();
  };
  const double upright = cosine("upright.png"), stored = cosine("stored.png");
  CHECK(upright != stored);
  CHECK(err.empty());
  CHECK(cosine("photo.jpg") == upright);
  CHECK_THAT(err, Catch::Contains("photo.jpg was turned upright"));
  CHECK(cosine("photo.jpg", {"--exif", "original"}) == stored);
  CHECK_THAT(err, Catch::Contains("photo.jpg may lie on its side"));
}

TEST_CASE("cli: of a folder what is no picture is told, and unusual pictures once") {
  const FormFiles files;
  write_picture(files, "photos/a.jfif", "big_endian.jpg");
  write_picture(files, "photos/b.png", "no_end.png");
  write_picture(files, "photos/c.png", "cut_by_4.png");
  write_picture(files, "photos/d.bmp", "rgb.bmp");
  files.file("photos/e.heic", "x").file("photos/notes.md", "x");
  const Result r = run({"caption", kModels + "caption", files / "photos"});
  CHECK(r.code == 0);
  CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 4);
  CHECK(contains_all(r.err, {"2 files of", "left out", ": e.heic, notes.md", "a.jfif was turned",
                             "warning: ", "b.png has all its pixels", "(and 1 more)"}));
  const Result strict = run({"caption", kModels + "caption", files / "photos", "--strict"});
  CHECK(strict.code == 3);
  CHECK(std::count(strict.out.begin(), strict.out.end(), '\n') == 2);
  CHECK(contains_all(strict.err, {"error: [image]", "b.png has all", "c.png has all"}));

  REQUIRE(mkfifo((files / "photos/pipe.png").c_str(), 0600) == 0);
  const Result pipe = run({"caption", kModels + "caption", files / "photos"});
  CHECK(pipe.code == 5);
  CHECK(std::count(pipe.out.begin(), pipe.out.end(), '\n') == 4);
  CHECK_THAT(pipe.err, Catch::Contains("pipe.png is no file"));
}

TEST_CASE("cli: data check lists unusual pictures, and strict makes damage a problem") {
  const FormFiles files;
  write_picture(files, "a.jpg", "orientation6.jpg");
  write_picture(files, "b.png", "no_end.png");
  files.file("t.csv", "image,caption\na.jpg,one\nb.png,two\n");
  const Result r = run({"data", "check", files / "t.csv", "--json"});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  const Json odd = Json::parse(r.out, "stdout").at("warnings");
  CHECK(odd.at(str("a picture ", notes::kNotTurned)).at("examples").items()[0].text() == "a.jpg");
  CHECK(odd.at(str("a picture ", notes::kCutEnd)).at("count").integer() == 1);
  const Result strict = run({"data", "check", files / "t.csv", "--strict"});
  CHECK(strict.code == 3);
  CHECK_THAT(strict.out, Catch::Contains("b.png"));
}

}  // namespace
}  // namespace medley::train
