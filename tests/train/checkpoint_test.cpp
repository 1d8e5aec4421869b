// Checkpoint folders: which one counts, which are kept, what damage is found.
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "core/philox.h"
#include "tests/catch.h"
#include "tests/train/checkpoint_support.h"
#include "tests/train/temp_folder.h"
#include "train/checkpoint/folder.h"
#include "train/checkpoint/manifest.h"
#include "train/checkpoint/parameters.h"
#include "train/io/files.h"

namespace medley::train {
namespace {

namespace fs = std::filesystem;

TEST_CASE("checkpoint: the newest is found and older ones are removed") {
  TempFolder folder;
  for (int64_t step : {10, 20, 30, 40}) write_checkpoint(folder.path(), step, small_files(step), 2);
  CHECK(checkpoint_steps(folder.path()) == std::vector<int64_t>{30, 40});
  CHECK(latest_checkpoint(folder.path()) == checkpoint_path(folder.path(), 40));
  CHECK(saved_value(latest_checkpoint(folder.path())) == 40);
  CHECK(list_folder(folder.path()).size() == 2);
  CHECK(latest_checkpoint(folder / "none").empty());
}

TEST_CASE("checkpoint: one that is there is kept, a damaged one is written again") {
  TempFolder folder;
  std::string path = write_checkpoint(folder.path(), 5, small_files(5), 1);
  auto before = fs::last_write_time(path + "/MANIFEST");
  write_checkpoint(folder.path(), 5, small_files(5), 1);
  CHECK(fs::last_write_time(path + "/MANIFEST") == before);
  write_bytes(path + "/state.json", "{}");
  CHECK_THROWS_AS(verify_checkpoint(path), CheckpointError);
  write_checkpoint(folder.path(), 5, small_files(5), 1);
  CHECK_NOTHROW(verify_checkpoint(path));
}

TEST_CASE("checkpoint: every flipped bit is found") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  write_checkpoint(folder.path(), 1, small_files(1), 2);
  std::string path = write_checkpoint(folder.path(), 2, small_files(2), 2);
  Random random(1, Purpose::test);
  int found = 0, tried = 0;
  for (const std::string& name : list_folder(path)) {
    std::string good = read_bytes(path + "/" + name);
    for (int i = 0; i < 250; ++i, ++tried) {
      std::string bad = good;
      auto bit = random.below(static_cast<uint32_t>(8 * good.size()));
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
      write_bytes(path + "/" + name, bad);
      try {
        verify_checkpoint(path);
      } catch (const CheckpointError&) {
        ++found;
      }
    }
    write_bytes(path + "/" + name, good);
  }
  CHECK(tried == 1000);
  CHECK(found == tried);
  CHECK_NOTHROW(verify_checkpoint(path));
}

TEST_CASE("checkpoint: a damaged one is passed over for the one before it") {
  set_log_level(LogLevel::error);
  TempFolder folder;
  for (int64_t step : {1, 2, 3}) write_checkpoint(folder.path(), step, small_files(step), 3);
  fs::resize_file(checkpoint_path(folder.path(), 3) + "/model.safetensors", 20);
  fs::remove(checkpoint_path(folder.path(), 2) + "/MANIFEST");
  CHECK(latest_checkpoint(folder.path()) == checkpoint_path(folder.path(), 1));
  CHECK_THROWS_WITH(verify_checkpoint(checkpoint_path(folder.path(), 3)),
                    Catch::Contains("model.safetensors has 20 bytes but"));
  fs::remove(checkpoint_path(folder.path(), 1) + "/state.json");
  CHECK_THROWS_WITH(latest_checkpoint(folder.path()), Catch::Contains("no checkpoint is intact") &&
                                                          Catch::Contains("state.json is missing"));
}

TEST_CASE("checkpoint: leftovers of a crash are removed, and nothing else") {
  TempFolder folder;
  write_checkpoint(folder.path(), 7, small_files(7), 1);
  make_folders(folder / ".step-000008.partial");
  write_bytes(folder / ".step-000008.partial/model.safetensors", "x");
  write_bytes(folder / "notes.txt", "mine");
  remove_partial_checkpoints(folder.path());
  CHECK(list_folder(folder.path()) == std::vector<std::string>{"notes.txt", "step-000007"});
}

TEST_CASE("checkpoint: a manifest is refused when any part of it is missing") {
  std::string text = manifest_text({{"0123456789abcdef", 12, "a"}, {"fedcba9876543210", 0, "b"}});
  CHECK(parse_manifest(text, "M").size() == 2);
  CHECK(parse_manifest(text, "M")[1].name == "b");
  for (size_t length = 0; length < text.size(); ++length)
    CHECK_THROWS_AS(parse_manifest(text.substr(0, length), "M"), CheckpointError);
}

ArenaLayout small_layout() {
  ArenaLayout layout;
  layout.add("qkv", {6, 2});
  layout.part("query", "qkv", 0, 2);
  layout.part("key", "qkv", 2, 4);
  layout.part("value", "qkv", 4, 6);
  layout.tie("query_again", "qkv");
  layout.add("bias", {3});
  layout.part("half_of_it", "bias", 0, 2);
  layout.add("temp", {});
  return layout;
}

TEST_CASE("checkpoint: parameters are listed once, fused ones by their parts") {
  FlatArena arena(small_layout(), DType::f32, Device{});
  std::vector<std::string> names;
  for (const auto& named : parameter_tensors(arena)) names.push_back(named.name);
  CHECK(names == std::vector<std::string>{"query", "key", "value", "bias", "temp"});
}

TEST_CASE("checkpoint: parameters come back, and those of another model are refused") {
  TempFolder folder;
  FlatArena arena(small_layout(), DType::f32, Device{}),
      other(small_layout(), DType::f32, Device{});
  for (int i = 0; i < 12; ++i) arena.at("qkv").data<float>()[i] = static_cast<float>(i) + 0.5f;
  arena.at("temp").data<float>()[0] = 0.07f;
  write_checkpoint(folder.path(), 1, {{"model.safetensors", parameter_tensors(arena), {}}}, 1);
  models::SafetensorsFile file(checkpoint_path(folder.path(), 1) + "/model.safetensors");
  read_parameters(file, other);
  CHECK(other.flat().to_vector<float>() == arena.flat().to_vector<float>());

  ArenaLayout wider;
  wider.add("qkv", {6, 2});
  wider.add("bias", {4});
  wider.add("temp", {});
  FlatArena different(wider, DType::f32, Device{});
  CHECK_THROWS_AS(read_parameters(file, different), CheckpointError);
  CHECK_THROWS_WITH(read_parameters(file, different),
                    Catch::Contains("'qkv' is missing") &&
                        Catch::Contains("'bias' has not the shape (4)") &&
                        Catch::Contains("'key' belongs to no parameter"));
}

TEST_CASE("checkpoint: weights that are stored as bf16 are read as the arena's type") {
  TempFolder folder;
  FlatArena arena(small_layout(), DType::f32, Device{}),
      other(small_layout(), DType::f32, Device{});
  for (int i = 0; i < 12; ++i) arena.at("qkv").data<float>()[i] = 1.0f / static_cast<float>(i + 3);
  std::vector<models::NamedTensor> tensors = parameter_tensors(arena);
  for (models::NamedTensor& named : tensors) named.tensor = named.tensor.to(DType::bf16);
  write_checkpoint(folder.path(), 1, {{"model.safetensors", tensors, {}}}, 1);
  models::SafetensorsFile file(checkpoint_path(folder.path(), 1) + "/model.safetensors");
  read_parameters(file, other);
  const Tensor rounded = arena.flat().to(DType::bf16).to(DType::f32);
  CHECK(other.flat().to_vector<float>() == rounded.to_vector<float>());
  CHECK(other.flat().to_vector<float>() != arena.flat().to_vector<float>());
}

}  // namespace
}  // namespace medley::train
