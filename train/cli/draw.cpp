// medley draw: a scene from its caption.
#include "core/error.h"
#include "core/str.h"
#include "train/cli/commands.h"
#include "train/cli/print.h"
#include "train/config/config.h"
#include "train/data/encode_png.h"
#include "train/data/scene_drawings.h"
#include "train/data/scene_request.h"
#include "train/io/files.h"

namespace medley::train {

int draw(const DrawOptions& options) {
  if (!options.out.ends_with(".png"))
    throw ConfigError("the picture is a PNG, but its name is " + options.out,
                      "name it " + options.out + ".png");
  const SceneRequest request = read_scene(options.caption);
  int artist = -1;
  for (size_t i = 0; i < kArtists.size(); ++i)
    if (options.artist == kArtists[i]) artist = static_cast<int>(i);
  const ScenePlan plan = plan_request(request, static_cast<uint64_t>(options.seed), artist);

  const TrainConfig scenes = load_config("scenes");
  const SceneDrawings drawings(require_default_data(),
                               options.side.value_or(scenes.model.image_size));
  const Image image = drawings.draw(plan);
  const std::vector<uint8_t> png = encode_png(image.width, image.height, 3, image.rgb);
  replace_file(options.out, {reinterpret_cast<const char*>(png.data()), png.size()});

  std::string artists = kArtists[static_cast<size_t>(plan.drawings[0].artist)];
  if (plan.drawings.size() == 2)
    artists += str(" and ", kArtists[static_cast<size_t>(plan.drawings[1].artist)]);
  print(str("wrote ", options.out, ": ", plan.caption(), ", ", image.width, " x ", image.height,
            " pixels, drawn by ", artists, "\nTry:\n  medley caption demo ", options.out));
  return 0;
}

}  // namespace medley::train
