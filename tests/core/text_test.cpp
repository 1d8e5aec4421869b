// Words for people: devices, suggestions, environment variables, log levels; and the FLOP counter.
#include <cstdlib>

#include "core/device.h"
#include "core/env.h"
#include "core/error.h"
#include "core/flops.h"
#include "core/log.h"
#include "core/str.h"
#include "core/suggest.h"
#include "tests/catch.h"

using namespace medley;

TEST_CASE("devices have names, both ways") {
  for (const char* name : {"cpu", "cuda:0", "cuda:3", "meta"})
    CHECK(str(parse_device(name)) == name);
  CHECK(parse_device("cuda") == Device{Device::Cuda, 0});
  for (const char* name : {"", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cuda:999", "CPU"}) {
    CHECK_THROWS_AS(parse_device(name), ValueError);
  }
}

TEST_CASE("str prints everything that messages are made of") {
  CHECK(str("q has ", Shape{2, 3}, " ", DType::bf16, " not ", 4) == "q has (2, 3) bf16 not 4");
}

TEST_CASE("suggestions are near, or none") {
  const std::vector<std::string> words = {"epochs", "batch", "learning_rate", "warmup_steps"};
  CHECK(did_you_mean("epoch", words) == ", did you mean 'epochs'?");
  CHECK(did_you_mean("bathc", words) == ", did you mean 'batch'?");
  CHECK(did_you_mean("warm_up_step", words) == ", did you mean 'warmup_steps'?");
  CHECK(did_you_mean("optimizer", words).empty());
  CHECK(did_you_mean("x", {}).empty());
}

TEST_CASE("candidates come nearest first, the equally near in their order") {
  CHECK(nearest_first("cow", {"umbrella", "cat", "owl", "cow"}) ==
        std::vector<std::string>{"cow", "cat", "owl", "umbrella"});
  CHECK(nearest_first("x", {}).empty());
}

TEST_CASE("environment variables come from the table") {
  setenv("MEDLEY_LOG", "debug", 1);
  CHECK(env("MEDLEY_LOG") == "debug");
  unsetenv("MEDLEY_LOG");
  CHECK(env("MEDLEY_LOG") == "info");
  CHECK_THROWS_WITH(env("MEDLEY_THREAD"), Catch::Contains("did you mean 'MEDLEY_THREADS'?"));
  for (const EnvVariable& variable : env_table()) {
    CHECK(std::string(variable.name).starts_with("MEDLEY_"));
    CHECK(std::string(variable.help).size() > 10);
  }
}

TEST_CASE("FLOPs add up") {
  reset_flops();
  count_flops(40);
  count_flops(int64_t{1} << 60);
  CHECK(flops_counted() == (int64_t{1} << 60) + 40);
  reset_flops();
  CHECK(flops_counted() == 0);
}
