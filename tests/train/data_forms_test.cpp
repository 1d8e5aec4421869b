// COCO's captions, Karpathy's splits, VQA v2, folders of pictures: each form as its makers write
// it.
#include "tests/train/form_files.h"

namespace medley::train {
namespace {

const char* const kCoco = R"({"info": {"year": 2017},
  "images": [{"id": 9, "file_name": "000000000009.jpg", "width": 640},
             {"id": 25, "file_name": "000000000025.jpg"}, {"id": 30, "file_name": "30.jpg"}],
  "licenses": [],
  "annotations": [{"image_id": 9, "id": 1, "caption": "a plate of food"},
                  {"image_id": 25, "id": 2, "caption": "a giraffe\n"},
                  {"image_id": 9, "id": 3, "caption": "lunch"}]})";

FormFiles coco(const std::string& json = kCoco) {
  FormFiles files;
  files.file("annotations/captions.json", json);
  files.picture("train2017/000000000009.jpg", 9).picture("train2017/000000000025.jpg", 25);
  return files;
}

TEST_CASE("coco: captions of one picture share its number") {
  const FormFiles files = coco();
  const OpenedData opened = files.open("annotations/captions.json");
  CHECK(opened.summary() ==
        "COCO captions: 3 captions of 2 pictures; left out: images without a caption (1)");
  CHECK(opened.data->row(0).pictures == opened.data->row(2).pictures);
  CHECK(opened.data->row(2).text == "lunch");
  CHECK(opened.data->row(1).id == "25");
  CHECK(greys(*opened.data, 1) == std::vector<int>{25});
}

TEST_CASE("coco: a caption without its image, an image without its file, a wrong entry") {
  auto refusal = [](const std::string& json) {
    return coco(json).refusal("annotations/captions.json");
  };
  CHECK(contains_all(refusal(R"({"images": [{"id": 9, "file_name": "000000000009.jpg"}],
            "annotations": [{"image_id": 9, "caption": "x"}, {"image_id": 8, "caption": "y"}]})"),
                     {"captions.json, annotation 1: image_id 8 is not among the 1 images"}));
  CHECK(contains_all(refusal(R"({"annotations": [{"image_id": 9, "caption": "x"},
                                                 {"image_id": 4, "caption": "y"}],
            "images": [{"id": 9, "file_name": "000000000009.jpg"}, {"id": 4, "file_name": "4.jpg"}]})"),
                     {"annotation 1", "no 'train2017/4.jpg'"}));
  CHECK(contains_all(refusal(R"({"images": [{"id": 9}], "annotations": []})"),
                     {"images 0", "'file_name' is missing"}));
  CHECK(contains_all(refusal(R"({"images": [{"id": 9, "file_name": "a"},
                                            {"id": 9, "file_name": "b"}], "annotations": []})"),
                     {"images 1", "image id 9 stands twice"}));
  CHECK(contains_all(refusal(R"({"images": [{"id": 9, "file_name": "a"}],
                                 "annotations": [{"image_id": 9, "caption": " . "}]})"),
                     {"annotations 0", "has no words"}));
  CHECK(contains_all(refusal(R"({"rows": [1], "things": [{}]})"),
                     {"captions.json", "'rows', 'things'", "COCO"}));
}

TEST_CASE("karpathy: a split is named, several with a plus") {
  FormFiles files;
  files.file("dataset_coco.json", R"({"dataset": "coco", "images": [
    {"filepath": "val2014", "filename": "a.jpg", "cocoid": 1, "imgid": 0, "split": "test",
     "sentences": [{"raw": "a man", "tokens": ["a", "man"], "imgid": 0}, {"raw": "he"}]},
    {"filepath": "val2014", "filename": "b.jpg", "cocoid": 2, "imgid": 1, "split": "restval",
     "sentences": [{"raw": "a dog"}]},
    {"filepath": "train2014", "filename": "c.jpg", "cocoid": 3, "imgid": 2, "split": "train",
     "sentences": [{"raw": "a cat"}]}]})");
  files.picture("val2014/a.jpg", 1).picture("val2014/b.jpg", 2).picture("train2014/c.jpg", 3);
  CHECK(files.open("dataset_coco.json#test").summary() ==
        "Karpathy's splits: 2 captions of 1 picture");
  const auto both = files.open("dataset_coco.json#train+restval").data;
  CHECK(both->size() == 2);
  CHECK(both->row(0).id == "2");
  CHECK(greys(*both, 1) == std::vector<int>{3});
  CHECK(contains_all(files.refusal("dataset_coco.json"),
                     {"restval (1 pictures), test (1 pictures)", "#train+restval"}));
  CHECK(contains_all(files.refusal("dataset_coco.json#val"), {"no split 'val'", "restval"}));
  const FormFiles other = coco();
  CHECK(contains_all(other.refusal("annotations/captions.json#val"), {"no splits", "'val'"}));
}

const char* const kQuestions = R"({"info": {}, "task_type": "Open-Ended", "data_type": "mscoco",
  "license": {}, "data_subtype": "val2014",
  "questions": [{"image_id": 42, "question": "What is it?", "question_id": 42000},
                {"image_id": 73, "question": "Is it red?", "question_id": 73000}]})";
const char* const kAnswers = R"({"info": {}, "annotations": [
  {"question_id": 42000, "image_id": 42, "answer_type": "other", "multiple_choice_answer": "dog",
   "answers": [{"answer": "dog", "answer_confidence": "yes", "answer_id": 1},
               {"answer": "puppy", "answer_id": 2}, {"answer": "dog", "answer_id": 3},
               {"answer": "dog", "answer_id": 4}]}]})";

FormFiles vqa() {
  FormFiles files;
  files.file("v2_OpenEnded_mscoco_val2014_questions.json", kQuestions);
  files.picture("val2014/COCO_val2014_000000000042.jpg", 42);
  files.picture("val2014/COCO_val2014_000000000073.jpg", 73);
  return files;
}

TEST_CASE("vqa: questions and the annotations beside them, by file or by folder") {
  const FormFiles files = vqa();
  const std::string questions = "v2_OpenEnded_mscoco_val2014_questions.json";
  CHECK(files.open(questions).summary() ==
        "VQA v2: 2 questions about 2 pictures, answers known to 0");
  files.file("v2_mscoco_val2014_annotations.json", kAnswers);
  for (const char* path : {questions.c_str(), "."}) {
    const OpenedData opened = files.open(path);
    CHECK(opened.summary() == "VQA v2: 2 questions about 2 pictures, answers known to 1");
    const Row row = opened.data->row(0);
    CHECK(row.id == "42000");
    REQUIRE(row.answers.size() == 2);
    CHECK(row.answers[0].text == "dog");
    CHECK(row.answers[0].weight == 0.75);
    CHECK(greys(*opened.data, 0) == std::vector<int>{42});
  }
  CHECK(contains_all(files.refusal("v2_mscoco_val2014_annotations.json"),
                     {"annotations of VQA", "questions"}));
}

TEST_CASE("vqa: annotations without their question, repeated ids, own names of pictures") {
  FormFiles files;
  files.picture("x.png", 5);
  files.file("my_questions.json", R"({"questions": [
      {"image": "x.png", "question": "What is it?", "question_id": "q1"}]})");
  files.file("my_annotations.json", R"({"annotations": [
      {"question_id": "q1", "answers": [{"answer": "a"}]},
      {"question_id": "q2", "answers": [{"answer": "b"}]}]})");
  CHECK(contains_all(files.refusal("my_questions.json"),
                     {"my_annotations.json", "question_id q2 is not in", "my_questions.json"}));
  files.file("my_annotations.json",
             R"({"annotations": [{"question_id": "q1", "answers": [{"answer": "a"}]}]})");
  CHECK(files.open("my_questions.json").data->row(0).answers[0].weight == 1);
  files.file("my_questions.json", R"({"questions": [
      {"image": "x.png", "question": "What is it?", "question_id": "q1"},
      {"image": "x.png", "question": "Who is it?", "question_id": "q1"}]})");
  CHECK(contains_all(files.refusal("my_questions.json"), {"questions 1", "q1 stands twice"}));
  files.file("my_questions.json", R"({"questions": [{"image_id": 4, "question": "What is it?",
      "question_id": "q1"}]})");
  CHECK(contains_all(files.refusal("my_questions.json"), {"questions 0", "data_subtype"}));
  files.file("my_questions.json",
             R"({"questions": [{"image": "x.png", "question": "x?", "question_id": "q1"}]})");
  files.file("my_annotations.json", R"({"annotations": [{"question_id": "q1", "answers": 3}]})");
  CHECK(contains_all(files.refusal("my_questions.json"),
                     {"my_annotations.json, annotations 0", "'answers' is not a list"}));
}

TEST_CASE("a folder of pictures with metadata") {
  FormFiles files;
  files.picture("pets/cat.png", 1).picture("pets/more/dog.png", 2);
  files.file("pets/metadata.csv", "file_name,text\ncat.png,a cat\nmore/dog.png,a dog\n");
  CHECK(files.open("pets").summary() ==
        "picture folder with metadata.csv: 2 captions of 2 pictures");
  files.file("pets/metadata.jsonl",
             "{\"file_name\": \"cat.png\", \"text\": [\"a cat\", \"a tabby\"]}\n");
  CHECK(files.open("pets").summary() ==
        "picture folder with metadata.jsonl: 2 captions of 1 picture");
  files.file("pets/metadata.jsonl",
             "{\"file_name\": \"cat.png\", \"text\": \"a cat\"}\n"
             "{\"file_name\": \"owl.png\", \"text\": \"an owl\"}\n");
  CHECK(contains_all(files.refusal("pets"), {"metadata.jsonl, line 2", "'image'", "'owl.png'"}));
}

TEST_CASE("a list whose pictures could be those of two folders") {
  FormFiles files;
  files.picture("toys/cat.png", 1).picture("pets/cat.png", 2).picture("pets/dog.png", 3);
  files.file("list.csv", "image,caption\ncat.png,a cat\ndog.png,a dog\n");
  CHECK(contains_all(files.refusal("list.csv"),
                     {"two pictures called 'cat.png'", "pets/", "toys/", "--images"}));
  DataOptions options;
  options.images = files / "pets";
  CHECK(greys(*open_data(files / "list.csv", options).data, 0) == std::vector<int>{2});
  files.file("list.csv", "image,caption\ndog.png,a dog\n");
  CHECK(greys(*files.open("list.csv").data, 0) == std::vector<int>{3});

  files.file("images.tar", tar_member("toys/cat.png", grey_png(1)) +
                               tar_member("pets/cat.png", grey_png(2)) + tar_end());
  files.file("list.csv", "image,caption\ncat.png,a cat\n");
  CHECK(contains_all(files.refusal("list.csv"), {"images.tar", "two pictures", "toys/", "pets/"}));
}

TEST_CASE("a folder of pictures with a text beside each") {
  FormFiles files;
  files.picture("pets/cat.png", 1).file("pets/cat.txt", "a cat\r\n\r\na tabby\n");
  files.picture("pets/wild/owl.JPG", 2).file("pets/wild/owl.txt", "an owl");
  files.picture("pets/dog.webp", 3).file("pets/LICENSE.txt", "all rights");
  const OpenedData opened = files.open("pets");
  CHECK(opened.summary() ==
        "pictures with texts beside them: 3 captions of 2 pictures; left out: pictures without a "
        "caption (1), texts without a picture (1)");
  CHECK(opened.data->row(1).text == "a tabby");
  CHECK(opened.data->row(1).pictures == std::vector<int64_t>{0});
  CHECK(greys(*opened.data, 2) == std::vector<int>{2});

  files.picture("pets/cat.jpg", 4);
  CHECK(contains_all(files.refusal("pets"), {"cat.txt could describe cat.jpg and cat.png"}));
  const FormFiles empty;
  CHECK(contains_all(empty.refusal("."), {"holds no captions", "metadata.jsonl"}));
}

}  // namespace
}  // namespace medley::train
