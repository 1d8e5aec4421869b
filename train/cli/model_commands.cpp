// The command line of the commands that use a trained model.
#include <CLI/CLI.hpp>

#include "core/str.h"
#include "train/cli/program.h"

namespace medley::train {
namespace {

constexpr const char* kFiles = "pictures, folders of them, or - for paths on standard input";

void batch_option(CLI::App* sub, int64_t& batch) {
  sub->add_option("--batch", batch, "pictures at a time (default: 16)")
      ->check(CLI::Range(1, kMostAtOnce));
}

void file_options(CLI::App* sub, OpenOptions& open) {
  sub->add_option("--config", open.config, "sizes of a file: preset or TOML file (default: base)");
  sub->add_option("--vocab", open.vocab, "vocab.txt of a file");
}

void add_caption(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("caption", "write captions for pictures");
  CaptionOptions& o = p.caption;
  models::GenerateOptions& g = o.generate;
  sub->add_option("model", o.model, kModelHelp)->required();
  sub->add_option("files", o.files, kFiles)->required();
  sub->add_option("--prompt", o.prompt, "words that each caption begins with");
  sub->add_option("--beams", g.beams, "beam search with so many beams (default: 1, greedy)");
  sub->add_option("--max-tokens", g.max_length,
                  "longest caption; [DEC] and the prompt count (default: the model's)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--min-tokens", g.min_length, "shortest caption, counted in the same way");
  sub->add_option("--returned", g.returned, "captions a picture, best first (default: 1)");
  sub->add_option("--length-penalty", g.length_penalty,
                  "a score is log-probability / length^penalty (default: 1)");
  sub->add_option("--repetition-penalty", g.repetition_penalty, "above 1: fewer repetitions");
  sub->add_option("--no-repeat-ngram", g.no_repeat_ngram,
                  "no run of so many tokens stands twice in a caption (default: 0, any may)");
  sub->add_flag("--early-stopping", g.early_stopping, "end when as many captions as beams ended");
  sub->add_flag("--sample", g.sample, "draw tokens by their probability");
  sub->add_option("--top-k", g.top_k, "draw from the k most likely (default: 50; 0: all)");
  sub->add_option("--top-p", g.top_p, "draw from so much of the probability (default: 0.9)");
  sub->add_option("--temperature", g.temperature, "below 1: likely tokens more often");
  sub->add_option("--seed", g.seed, "the same seed draws the same captions")
      ->check(CLI::NonNegativeNumber);
  sub->add_flag("--recursive", o.recursive, "folders with all folders in them");
  auto* format =
      sub->add_option("--format", o.format,
                      "jsonl, csv: a line per caption, as metadata.jsonl and metadata.csv of a "
                      "folder; coco: a JSON "
                      "list for `medley score captions`; txt: a file beside each picture");
  format->check(CLI::IsMember({"jsonl", "csv", "coco", "txt"}));
  sub->add_option("--attention", o.attention,
                  "folder for a PNG of each picture: where each word of its first caption looks");
  batch_option(sub, o.batch);
  picture_options(sub, o.pictures);
  open_options(sub, o.open);
  json_flag(sub, o.json);
  sub->get_option("--json")->excludes(format);
  sub->footer(
      "Examples:\n  medley caption runs/demo picture.png\n"
      "  medley caption runs/demo picture.png --attention looks\n"
      "  medley caption blip-image-captioning-base photos --beams 3 --min-tokens 5 --json\n"
      "  medley caption blip-image-captioning-base photos --format jsonl > metadata.jsonl\n"
      "  find . -name '*.jpg' | medley caption runs/demo - --sample --seed 1\n"
      "The JSON has the shape of transformers' image-to-text pipeline. The probability after a "
      "caption\nis the geometric mean over its tokens, its end counted: how sure the model was of "
      "each word.");
  sub->callback([&p] { p.command = [&p] { return caption(p.caption); }; });
}

void add_match(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand(
      "match", "how well texts fit pictures: probability (ITM) and cosine (ITC) of every pair");
  MatchOptions& o = p.match;
  sub->add_option("model", o.model, kModelHelp)->required();
  sub->add_option("files", o.files, kFiles)->required();
  sub->add_option("--text", o.texts, "text to compare with every picture; may be repeated")
      ->required();
  sub->add_option("--first-token", o.first_token,
                  "enc or cls: token in front of a text that is matched (default: enc for medley's "
                  "own models, cls for transformers')")
      ->check(CLI::IsMember({"enc", "cls"}));
  batch_option(sub, o.batch);
  picture_options(sub, o.pictures);
  open_options(sub, o.open);
  json_flag(sub, o.json);
  sub->footer(
      "Examples:\n  medley match runs/demo picture.png --text \"a cat left of an owl\"\n"
      "  medley match runs/demo a.png b.png --text \"a cat\" --text \"a dog\" --json");
  sub->callback([&p] { p.command = [&p] { return match(p.match); }; });
}

void add_answer(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("answer", "answer questions about pictures");
  AnswerOptions& o = p.answer;
  sub->add_option("model", o.model,
                  "Hugging Face folder of a BlipForQuestionAnswering, or a file of such weights")
      ->required();
  sub->add_option("files", o.files, kFiles)->required();
  sub->add_option("--question", o.questions, "asked about every picture; may be repeated")
      ->required();
  sub->add_option(
      "--candidates", o.candidates,
      "file of answers, one per line or a JSON list: the best of them is chosen instead of "
      "writing one");
  sub->add_option("--rank", o.rules.rank, "candidates that are scored whole (default: 128)")
      ->check(CLI::Range(1, 1'000'000));
  sub->add_option("--beams", o.rules.generate.beams, "beams of a written answer (default: 3)");
  sub->add_option("--max-tokens", o.rules.generate.max_length,
                  "longest answer, [DEC] counted (default: 10)");
  batch_option(sub, o.batch);
  picture_options(sub, o.pictures);
  open_options(sub, o.open);
  json_flag(sub, o.json);
  sub->footer(
      "Examples:\n  medley answer blip-vqa-base photo.jpg --question \"how many dogs are there?\"\n"
      "  medley answer blip-vqa-base photos --question \"is it day?\" --candidates yes_no.txt "
      "--json");
  sub->callback([&p] { p.command = [&p] { return answer(p.answer); }; });
}

void add_features(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("features", "pictures and texts as vectors");
  FeatureOptions& o = p.features;
  sub->add_option("model", o.model, kModelHelp)->required();
  sub->add_option("files", o.files, kFiles);
  sub->add_option("--text", o.texts, "text; may be repeated");
  sub->add_option("--kind", o.kind,
                  "contrast: unit vectors of pictures and texts in one space (default); state: "
                  "last state of the class token; multimodal: state of every picture with every "
                  "text")
      ->check(CLI::IsMember({"contrast", "state", "multimodal"}));
  sub->add_option("--out", o.out, "write them to this safetensors file");
  batch_option(sub, o.batch);
  picture_options(sub, o.pictures);
  open_options(sub, o.open);
  json_flag(sub, o.json);
  sub->footer(
      "Examples:\n  medley features runs/demo a.png b.png --text \"a cat\" --out f.safetensors\n"
      "  medley features runs/demo pictures --kind state --json");
  sub->callback([&p] { p.command = [&p] { return features(p.features); }; });
}

void add_convert(CLI::App& app, Program& p) {
  CLI::App* sub = app.add_subcommand("convert", "bring weights from one format into another");
  ConvertOptions& o = p.convert;
  sub->add_option("source", o.source, kModelHelp)->required();
  sub->add_option("target", o.target, "new folder, or file for safetensors")->required();
  sub->add_option("--to", o.to,
                  "caption, retrieval, vqa: Hugging Face folder; run: folder of medley; "
                  "safetensors: one file, names of the original")
      ->required()
      ->check(CLI::IsMember({"caption", "retrieval", "vqa", "run", "safetensors"}));
  sub->add_option("--dtype", o.dtype, "f32, or bf16 for half the size (run, safetensors)")
      ->check(CLI::IsMember({"f32", "bf16"}));
  file_options(sub, o.open);
  sub->add_option("--image-size", o.open.image_size,
                  "picture size of the target: position embeddings are resized")
      ->check(CLI::PositiveNumber);
  sub->add_flag("--allow-missing", o.open.allow_missing, "what the file lacks becomes 0");
  sub->add_flag("--allow-unexpected", o.open.allow_unexpected, "leave out what nobody knows");
  sub->footer(
      "Examples:\n  medley convert runs/demo demo_hf --to caption\n"
      "  medley convert model_base.pth runs/base --to run --vocab vocab.txt\n"
      "  medley convert blip-itm-base-coco itm.safetensors --to safetensors\n"
      "  medley convert runs/demo small --to run --dtype bf16");
  sub->callback([&p] { p.command = [&p] { return convert(p.convert); }; });
}

}  // namespace

void open_options(CLI::App* sub, OpenOptions& open) {
  sub->add_option("--device", open.device, "cpu, cuda, cuda:N; auto: the first GPU, else the CPU");
  file_options(sub, open);
}

void picture_options(CLI::App* sub, PictureOptions& pictures) {
  const auto choice = [sub](const char* name, bool& second, const char* a, const char* b,
                            const std::string& help) {
    const auto take = [&second, b](const std::string& chosen) { second = chosen == b; };
    sub->add_option_function<std::string>(name, take, str(help, " (default: ", second ? b : a, ")"))
        ->check(CLI::IsMember({a, b}));
  };
  choice("--exif", pictures.upright, "original", "apply",
         "original: pictures as they are stored; apply: turned upright as EXIF says");
  choice("--grey16", pictures.scale_grey16, "clip", "scale",
         "grey of 16 bits: clip above 255 as Pillow does, or scale");
  sub->add_flag("--strict", pictures.strict, "refuse damaged pictures that Pillow shows");
}

void json_flag(CLI::App* sub, bool& flag) {
  sub->add_flag("--json", flag, "one JSON document on stdout");
}

void add_model_commands(CLI::App& app, Program& program) {
  add_caption(app, program);
  add_match(app, program);
  add_answer(app, program);
  add_features(app, program);
  add_convert(app, program);
}

}  // namespace medley::train
