// Names of the original and of transformers, both ways, for every tensor of the real models.
#include "models/weights/names.h"

#include <filesystem>

#include "tests/catch.h"
#include "tests/oracle/oracle.h"

namespace medley {

TEST_CASE("every name of the base and large models is renamed both ways", "[names]") {
  size_t files = 0, compared = 0;
  for (const auto& file : std::filesystem::directory_iterator(oracle::path("hf/names"))) {
    const std::string name = file.path().filename();
    if (!name.ends_with(".names.json")) continue;
    ++files;
    const oracle::Json all = oracle::read_json("hf/names/" + name);
    for (const auto& [kind, model] : all.at("models").items()) {
      INFO(name << " " << kind);
      const bool base = !model.contains("original_names");
      for (const auto& [tensor, about] : model.at("tensors").items()) {
        const std::string original = models::original_name(tensor);
        if (!base) CHECK(original == model.at("original_names").at(tensor).get<std::string>());
        CHECK(models::transformers_name(original, base) == tensor);
        ++compared;
      }
    }
  }
  CHECK(files > 0);
  CHECK(compared > 0);
}

}  // namespace medley
