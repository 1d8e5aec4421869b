// Presets and the messages of bad configurations.
#include "models/config.h"

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;
using namespace medley::models;
using Catch::Contains;

TEST_CASE("every preset is valid and can be asked for by name") {
  for (const std::string& name : preset_names()) {
    INFO(name);
    const Preset p = preset(name);
    CHECK_NOTHROW(validate(p.model));
    CHECK_NOTHROW(validate(p.losses));
  }
  CHECK_THROWS_WITH(preset("picturbook"), Contains("did you mean 'picturebook'"));
  CHECK(preset("base").model.tokens_per_image() == 197);
  CHECK(preset("base").model.ffn_width() == 3072);
}

TEST_CASE("validate names the key, its value and what it must be") {
  const auto broken = [](auto change) {
    ModelConfig c = preset("tiny").model;
    change(c);
    try {
      validate(c);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(broken([](ModelConfig& c) { c.image_size = 50; }),
             Contains("image_size is 50") && Contains("patch_size = 8") && Contains("48 and 56"));
  CHECK_THAT(broken([](ModelConfig& c) { c.patch_size = 0; }), Contains("patch_size is 0"));
  CHECK_THAT(broken([](ModelConfig& c) { c.image_size = 4; }), Contains("image_size is 4"));
  CHECK_THAT(broken([](ModelConfig& c) { c.vit_heads = 5; }),
             Contains("divisor of vit_width = 24"));
  CHECK_THAT(broken([](ModelConfig& c) { c.text_heads = 0; }), Contains("text_heads is 0"));
  CHECK_THAT(broken([](ModelConfig& c) { c.max_tokens = 13; }), Contains("max_positions is 12"));
  CHECK_THAT(broken([](ModelConfig& c) { c.drop_path = -0.1; }), Contains("drop_path is -0.1"));
  CHECK_THAT(broken([](ModelConfig& c) { c.dropout = 1; }), Contains("dropout is 1"));
  CHECK_THAT(broken([](ModelConfig& c) { c.init_std = 0; }), Contains("init_std"));
  CHECK_THAT(broken([](ModelConfig& c) { c.vit_eps = -1; }), Contains("vit_eps"));
  CHECK_THAT(broken([](ModelConfig& c) { c.share = "all_but_cross_atention"; }),
             Contains("share is 'all_but_cross_atention'") &&
                 Contains("all, all_but_cross_attention, all_but_self_attention or none") &&
                 Contains("did you mean 'all_but_cross_attention'"));
  LossConfig losses;
  losses.queue_size = -1;
  CHECK_THROWS_WITH(validate(losses), Contains("queue_size is -1"));
  losses = {};
  losses.temperature = 0.7;
  CHECK_THROWS_WITH(validate(losses), Contains("0.001 .. 0.5"));
  losses = {};
  losses.momentum = 1.5;
  CHECK_THROWS_WITH(validate(losses), Contains("momentum is 1.5"));
}
