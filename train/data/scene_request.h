// A scene that somebody asks for in words, in the grammar of scenes' captions: "a cat", "a cat left
// of an owl"; also "right of" and "below".
#pragma once

#include <string>

#include "train/data/scene_rules.h"

namespace medley::train {

struct SceneRequest {
  int first = 0;
  Relation relation = Relation::none;
  int second = -1;  // none
};

// Upper case, articles and signs at the end make no difference. Throws ValueError that says what
// can be asked for; for a thing that nobody drew it names all that there are, the nearest first.
SceneRequest read_scene(const std::string& caption);
// What the request leaves open follows from the seed by the rules of split `val`: artists are those
// whose drawings training sees. artist: an index of kArtists that draws all of it; -1: as said.
ScenePlan plan_request(const SceneRequest& request, uint64_t seed, int artist = -1);

}  // namespace medley::train
