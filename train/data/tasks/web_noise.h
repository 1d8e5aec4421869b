// The simulated web: captions of scenes of which two fifths are wrong, each in a known way, as
// alternative texts of pictures on the web are (Li et al. 2022, section 4). What a captioner and a
// filter are worth can be told exactly on it (docs/capfilt.md).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "train/data/scene_rules.h"

namespace medley::train {

enum class WebKind { right, other_name, swapped, other_scene, web_text };
inline constexpr std::array<const char*, 5> kWebKinds{"right", "other_name", "swapped",
                                                      "other_scene", "web_text"};

struct WebCaption {
  std::string text;
  WebKind kind;
};

// The caption that the web has for scene `index` of split train: in 60 % the right one, in 10 %
// each with one name wrong, with the two names exchanged (of one thing: its name wrong), that of
// another scene, or one of `uploaders`, texts that people gave to other pictures. A wrong caption
// is never the right one word for word. A function of its arguments only.
WebCaption web_caption(const ScenePlan& plan, const std::vector<std::string>& uploaders,
                       uint64_t seed, uint64_t index);

}  // namespace medley::train
