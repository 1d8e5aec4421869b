// medley caption: pictures in, captions out.
#include <algorithm>
#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/pictures.h"
#include "train/cli/print.h"
#include "train/cli/stopwatch.h"
#include "train/data/decode.h"
#include "train/data/encode_png.h"
#include "train/eval/evaluate.h"
#include "train/io/files.h"
#include "train/report/attention.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

struct CaptionedFile {
  std::string file;
  std::string name;  // within the folder that was given
  std::vector<Reply> texts;
  Json timings;
};

// One picture: its texts. Several: a list of such lists. This is what transformers' image-to-text
// pipeline gives, with more keys.
Json in_pipeline_shape(const std::vector<CaptionedFile>& pictures, bool single) {
  Json all = Json::array();
  for (const CaptionedFile& picture : pictures) {
    Json texts = Json::array();
    for (const Reply& text : picture.texts)
      texts.push(Json::object()
                     .set("generated_text", text.text)
                     .set("score", text.score)
                     .set("probability", text.probability)
                     .set("file", picture.file)
                     .set("timings", picture.timings));
    if (single) return texts;
    all.push(texts);
  }
  return all;
}

// COCO's pictures are known by the number at the end of their names.
std::string coco_id(const std::string& name) {
  const std::string stem = fs::path(name).stem().string();
  const std::string number = stem.substr(stem.find_last_of('_') + 1);
  const bool coco =
      number.size() == 12 && number.find_first_not_of("0123456789") == std::string::npos;
  if (!coco) return name;
  const size_t first = number.find_first_not_of('0');
  return first == std::string::npos ? "0" : number.substr(first);
}

Json in_coco_form(const std::vector<CaptionedFile>& pictures) {
  Json list = Json::array();
  for (const CaptionedFile& picture : pictures)
    for (const Reply& text : picture.texts)
      list.push(Json::object()
                    .set("image_id", id_as_json(coco_id(picture.name)))
                    .set("caption", text.text));
  return list;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

void print_lines(const CaptionedFile& picture, const std::string& format) {
  for (const Reply& text : picture.texts) {
    if (format == "jsonl")
      print(Json::object()
                .set("file_name", picture.name)
                .set("text", text.text)
                .set("probability", text.probability)
                .dump());
    else if (format == "csv")
      print(str(csv_field(picture.name), ",", csv_field(text.text), ",", text.probability));
    else
      print(str(picture.file, ": ", text.text, "   (probability ", fixed(text.probability, 2),
                " per token)"));
  }
}

std::string beside(const std::string& file) {
  return fs::path(file).replace_extension(".txt").string();
}

// Nothing that is there is written over, and each picture has a file of its own.
void check_beside(const std::vector<std::string>& files) {
  std::set<std::string> names;
  for (const std::string& file : files) {
    std::error_code error;
    if (fs::exists(beside(file), error))
      throw IoError(beside(file) + " is there already", "move it away to have a caption written");
    if (!names.insert(beside(file)).second)
      throw ConfigError(beside(file) + " would be written for two pictures",
                        "--format jsonl names each picture");
  }
}

void write_beside(const CaptionedFile& picture) {
  std::string lines;
  for (const Reply& text : picture.texts) lines += text.text + "\n";
  replace_file(beside(picture.file), lines);
  print(beside(picture.file));
}

std::string name_within(const std::string& file, const CaptionOptions& options) {
  std::error_code error;
  const bool folder = options.files.size() == 1 && fs::is_directory(options.files[0], error);
  return folder ? fs::path(file).lexically_relative(options.files[0]).string() : file;
}

// Where the words of the picture's first caption look. It begins with the prompt, or without one
// after the words that the model was trained to begin with.
void write_attention(const Pipeline& blip, const Tensor& tokens, const CaptionedFile& picture,
                     const CaptionOptions& options) {
  const LoadedModel& loaded = blip.model();
  const std::vector<int32_t> ids = loaded.tokenizer.encode(picture.texts.at(0).text);
  if (ids.empty()) return;
  const models::ModelConfig& model = loaded.config.model;
  const Image strip =
      attention_strip(read_image(picture.file, options.pictures),
                      attended_words(*loaded.model, loaded.tokenizer, tokens,
                                     options.prompt.empty() ? loaded.config.prompt : "", ids),
                      model.image_size / model.patch_size);
  std::string name = picture.name;
  std::replace(name.begin(), name.end(), '/', '_');
  const std::vector<uint8_t> png = encode_png(strip.width, strip.height, 3, strip.rgb);
  replace_file(options.attention + "/" + name + ".attention.png",
               {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace

int caption(const CaptionOptions& options) {
  const std::vector<std::string> files = picture_files(options.files, options.recursive);
  const Pipeline blip = Pipeline::open(options.model, options.open);
  blip.model().require(blip.model().captions(), "caption decoder");
  if (!options.attention.empty()) make_folders(options.attention);
  if (options.format == "txt") check_beside(files);

  const bool at_the_end = options.json || options.format == "coco";
  if (options.format == "csv") print("file_name,text,probability");
  std::vector<CaptionedFile> results;
  const auto use = [&](const std::vector<std::string>& good, const Tensor& pixels, double read) {
    const auto each = static_cast<double>(good.size());
    Stopwatch watch;
    const EncodedPictures pictures = blip.encode_pictures(pixels);
    const double encode = watch.milliseconds();
    const auto texts = blip.captions(pictures, options.generate, options.prompt);
    const Json timings = Json::object()
                             .set("read_ms", read / each)
                             .set("encode_ms", encode / each)
                             .set("generate_ms", (watch.milliseconds() - encode) / each);
    for (size_t i = 0; i < good.size(); ++i) {
      CaptionedFile picture{good[i], name_within(good[i], options), texts[i], timings};
      const auto at = static_cast<int64_t>(i);
      if (!options.attention.empty())
        write_attention(blip, pictures.tokens.slice(0, at, at + 1).contiguous(), picture, options);
      if (options.format == "txt")
        write_beside(picture);
      else if (!at_the_end)
        print_lines(picture, options.format);
      if (at_the_end) results.push_back(std::move(picture));
    }
  };
  const std::vector<PictureError> errors =
      for_each_batch(files, options.batch, blip, options.pictures, use);
  if (options.json) print_json(in_pipeline_shape(results, files.size() == 1));
  if (options.format == "coco") print_json(in_coco_form(results));
  return report_pictures(errors);
}

}  // namespace medley::train
