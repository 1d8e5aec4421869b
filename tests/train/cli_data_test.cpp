// medley data check and convert, as their users meet them.
#include "tests/train/form_files.h"
#include "tests/train/program.h"

namespace medley::train {
namespace {

std::string png(int64_t width, int64_t height, uint8_t grey) {
  const std::vector<uint8_t> bytes = encode_png(
      width, height, 3, std::vector<uint8_t>(static_cast<size_t>(3 * width * height), grey));
  return {bytes.begin(), bytes.end()};
}

TEST_CASE("cli: data check tells what is wrong and what is only odd") {
  FormFiles files;
  files.picture("a.png", 1).picture("b.png", 1).picture("c.png", 3).file("d.png", "no picture");
  files.file("t.csv",
             "image,caption\na.png,a big cat\nb.png,a big cat\na.png,a big cat\n"
             "c.png,one two three four five six seven\nd.png,x\n");
  files.file("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[DEC]\n[ENC]\na\nbig\ncat\n");
  const Result r = run({"data", "check", files / "t.csv", "--vocab", files / "vocab.txt",
                        "--max-tokens", "5", "--html", files / "page.html", "--json"});
  INFO(r.err);
  CHECK(r.code == 3);
  const Json json = Json::parse(r.out, "stdout");
  CHECK(json.at("what").text() == "CSV: 5 captions of 4 pictures");
  CHECK(json.at("rows").integer() == 5);
  CHECK(json.at("distinct_pictures").integer() == 2);
  CHECK(json.at("distinct_texts").integer() == 3);
  CHECK(json.at("rows_that_repeat_another").integer() == 1);
  CHECK(json.at("words_of_a_text").at("most").integer() == 7);
  CHECK(json.at("pieces_of_a_text").at("most").integer() == 9);
  CHECK(json.at("unknown_pieces").number() == Approx(8.0 / 17));
  CHECK(json.at("problems").members().size() == 1);
  CHECK(json.at("problems").at("pictures that do not decode").at("count").integer() == 1);
  const Json& odd = json.at("warnings");
  CHECK(odd.at("pictures that repeat another").at("examples").items()[0].text() ==
        "b.png is a.png");
  CHECK(odd.at("texts that are cut").at("count").integer() == 1);
  CHECK(odd.find("pieces that the vocabulary does not have"));
  const std::string page = read_bytes(files / "page.html");
  CHECK(contains_all(page, {"5 captions of 4 pictures", "data:image/png;base64,", "a big cat"}));
  CHECK(page.find("http") == page.npos);

  const Result plain = run({"data", "check", files / "t.csv"});
  CHECK(plain.code == 3);
  CHECK_THAT(plain.out, Catch::Contains("problems\n  pictures that do not decode: 1"));
  CHECK_THAT(plain.out, !Catch::Contains("examples"));
  CHECK(run({"data", "check", files / "t.csv", "--max-tokens", "5"}).code == 2);
}

TEST_CASE("cli: data check finds pictures that both splits show") {
  FormFiles files;
  for (int i = 0; i < 6; ++i) files.picture(str("p", i, ".png"), i);
  files.picture("same.png", 2);
  files.file("train.csv", "image,caption\np0.png,x\np1.png,x\np2.png,x\np3.png,x\n");
  files.file("val.csv", "image,caption\np4.png,x\nsame.png,x\n");
  Result r = run({"data", "check", files / "train.csv", "--val", files / "val.csv", "--json"});
  CHECK(r.code == 0);
  Json json = Json::parse(r.out, "stdout");
  CHECK(json.at("val").at("rows").integer() == 2);
  const Json& leaks = json.at("warnings").at("pictures that training sees too");
  CHECK(leaks.at("examples").items()[0].text() == "same.png is p2.png");
  r = run({"data", "check", files / "train.csv", "--val", "25%", "--json"});
  json = Json::parse(r.out, "stdout");
  CHECK(json.at("rows").integer() == 3);
  CHECK(json.at("val").at("pictures").integer() == 1);
  CHECK(json.at("warnings").members().empty());
  CHECK_THAT(run({"data", "check", files / "train.csv", "--val", "25%"}).out,
             Catch::Contains("nothing is wrong"));
}

TEST_CASE("cli: data convert keeps rows, pictures and answers") {
  FormFiles files;
  files.file("in/a.png", png(8, 4, 50)).file("in/sub/a.jpg", png(2, 3, 60));
  files.file("c.json", R"([{"image": "a.png", "caption": ["one", "two"], "image_id": 5},
                           {"image": "sub/a.jpg", "caption": "three", "references": ["drei"]}])");
  Result r = run({"data", "convert", files / "c.json", files / "out"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const OpenedData list = files.open("out");
  CHECK(list.summary() == "caption list: 3 captions of 2 pictures");
  CHECK(list.data->row(1).text == "two");
  CHECK(list.data->row(1).id == "5");
  CHECK(list.data->row(2).references == std::vector<std::string>{"drei"});
  CHECK(list.data->picture_name(1) == "sub/a.png");  // by what it is, not by its name
  CHECK(grey_of(*list.data, 1) == 60);
  run({"data", "convert", files / "out", files / "again"});
  for (const char* name : {"/list.json", "/images.tar"})
    CHECK(read_bytes(files / "again" + name) == read_bytes(files / "out" + name));

  r = run({"data", "convert", files / "c.json", files / "shards", "--to", "shards",
           "--rows-per-shard", "1", "--side", "2"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const OpenedData shards = files.open("shards");
  CHECK(shards.summary() == "WebDataset shards: 2 captions of 2 pictures in 2 shards");
  CHECK(shards.data->row(0).text == "one");
  CHECK(shards.data->row(0).references == std::vector<std::string>{"two"});
  CHECK(shards.data->picture(0)->width == 4);
  CHECK(shards.data->picture(0)->height == 2);
  CHECK(grey_of(*shards.data, 1) == 60);

  files.file("q.json", R"([{"image": "a.png", "question": "which?", "question_id": 3,
                            "answer": ["x", "y", "x", "x"]}])");
  REQUIRE(run({"data", "convert", files / "q.json", files / "q"}).code == 0);
  const Row question = files.open("q").data->row(0);
  CHECK(question.id == "3");
  CHECK(question.answers[0].weight == 0.75);
  files.file("n.json",
             R"([{"images": ["a.png", "sub/a.jpg"], "sentence": "two", "label": "False"}])");
  REQUIRE(run({"data", "convert", files / "n.json", files / "n"}).code == 0);
  CHECK(files.open("n").data->row(0).truth == false);
  CHECK(greys(*files.open("n").data, 0) == std::vector<int>{50, 60});
  CHECK(run({"data", "convert", files / "n.json", files / "ns", "--to", "shards"}).code == 2);
  CHECK_FALSE(std::filesystem::exists(files / "ns"));
}

TEST_CASE("cli: data convert writes a folder whole or not at all") {
  FormFiles files;
  files.picture("a.png", 1).file("b.png", "no picture");
  files.file("c.csv", "image,caption\na.png,x\nb.png,y\n");
  Result r = run({"data", "convert", files / "c.csv", files / "out"});
  CHECK(r.code == 3);
  CHECK_THAT(r.err, Catch::Contains("b.png"));
  for (const char* name : {"out", "out.partial"})
    CHECK_FALSE(std::filesystem::exists(files / name));
  files.file("out/x", "");
  CHECK_THAT(run({"data", "convert", files / "c.csv", files / "out"}).err,
             Catch::Contains("is there already"));
}

}  // namespace
}  // namespace medley::train
