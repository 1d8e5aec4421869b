// vocab.txt, tokenizer.json and added_tokens.json.
#include "train/checkpoint/hf_tokenizer.h"

#include <filesystem>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/str.h"

namespace medley::train {
namespace {

using Pieces = std::vector<std::string>;

// Each id once, 0 and up.
void place(Pieces& pieces, int64_t id, const std::string& piece, const std::string& path) {
  if (id < 0 || id >= static_cast<int64_t>(pieces.size()) ||
      !pieces[static_cast<size_t>(id)].empty())
    throw DataError(str(path, ": '", piece, "' has the id ", id,
                        ": ids must run from 0 to the number of pieces, each once"));
  pieces[static_cast<size_t>(id)] = piece;
}

Pieces tokenizer_json_pieces(const std::string& path) {
  const Json json = Json::read(path);
  const Json& model = json.at("model");
  const Json* type = model.find("type");
  if (!type || !type->is_string() || type->text() != "WordPiece")
    throw DataError(path + ": 'model.type' is not WordPiece", "BLIP's tokenizer is BERT's uncased");
  if (const Json* normalizer = json.find("normalizer"); normalizer && normalizer->is_object())
    if (const Json* lower = normalizer->find("lowercase"); lower && !lower->boolean())
      throw DataError(path + ": 'normalizer.lowercase' is false",
                      "medley has BERT's uncased tokenizer alone");
  const Json::Object& vocabulary = model.at("vocab").members();
  std::vector<const Json*> added;  // those that the vocabulary does not hold
  if (const Json* all = json.find("added_tokens"))
    for (const Json& token : all->items())
      if (token.at("id").integer() >= static_cast<int64_t>(vocabulary.size()))
        added.push_back(&token);
  Pieces pieces(vocabulary.size() + added.size());
  for (const auto& [piece, id] : vocabulary) place(pieces, id.integer(), piece, path);
  for (const Json* token : added)
    place(pieces, token->at("id").integer(), token->at("content").text(), path);
  return pieces;
}

// {"[DEC]": 30522, "[ENC]": 30523}: those that the vocabulary does not hold follow it.
void append_added(Pieces& pieces, const std::string& path) {
  const size_t known = pieces.size();
  const Json json = Json::read(path);
  for (const auto& [piece, id] : json.members())
    if (id.integer() >= static_cast<int64_t>(known)) pieces.emplace_back();
  for (const auto& [piece, id] : json.members())
    if (id.integer() >= static_cast<int64_t>(known)) place(pieces, id.integer(), piece, path);
}

void check_id(const std::string& path, const char* piece, int32_t id, int32_t wanted) {
  if (id != wanted)
    throw DataError(str(path, ": ", piece, " has the id ", id, ", but config.json says ", wanted),
                    "the folder mixes the files of different models");
}

}  // namespace

models::Tokenizer read_hf_tokenizer(const std::string& folder, const models::HfConfig& config) {
  const std::string text = folder + "/vocab.txt", json = folder + "/tokenizer.json";
  const bool has_text = std::filesystem::exists(text), has_json = std::filesystem::exists(json);
  if (!has_text && !has_json)
    throw IoError(folder + " has neither vocab.txt nor tokenizer.json",
                  "copy the vocabulary that the model was trained with into the folder");
  const std::string& path = has_text ? text : json;
  Pieces pieces = has_text ? models::Tokenizer::read_pieces(text) : tokenizer_json_pieces(json);
  if (const std::string added = folder + "/added_tokens.json"; std::filesystem::exists(added))
    append_added(pieces, added);
  const auto rows = static_cast<size_t>(config.model.vocab_size);
  if (static_cast<int64_t>(pieces.size()) == config.dec) {
    pieces.push_back("[DEC]");
    pieces.push_back("[ENC]");
  }
  // BertTokenizer adds its [MASK] to a vocabulary without one, and BLIP never reads it.
  if (pieces.size() == rows + 1 && pieces.back() == "[MASK]") pieces.pop_back();
  if (pieces.size() > rows || pieces.size() < static_cast<size_t>(config.dec) + 2)
    throw DataError(
        str(path, ": ", pieces.size(), " pieces do not fit word embeddings of ", rows, " rows"),
        "take the vocabulary that the model was trained with");
  while (pieces.size() < rows) pieces.push_back(str("[unused", pieces.size(), "]"));
  models::Tokenizer tokenizer(std::move(pieces));
  check_id(path, "[PAD]", tokenizer.pad(), config.pad);
  check_id(path, "[SEP]", tokenizer.sep(), config.sep);
  check_id(path, "[DEC]", tokenizer.dec(), config.dec);
  check_id(path, "[ENC]", tokenizer.enc(), config.dec + 1);
  return tokenizer;
}

}  // namespace medley::train
