// What can be made, and the README that says what it is.
#include "train/data/tasks/make.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/read_text.h"
#include "core/str.h"
#include "core/suggest.h"
#include "train/config/config.h"
#include "train/io/files.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

struct Task {
  const char *name, *from, *title, *truth;
};

constexpr const char* kScenes =
    " The drawings are real, by the artists of Noto and Twemoji; a program chose one or two things "
    "of 24 for each picture, and their places.\n\n`test_seen` is like what is trained on. "
    "`test_pair` shows things that no such picture shows together, `test_drawing` known things as "
    "drawn by an artist whose version it never shows.";

constexpr const char* kChanged = " In `train` drawings are changed: turned, stretched, recoloured.";

constexpr Task kTasks[] = {
    {"vqa", "scenes", "Questions about scenes",
     "Questions and answers are made by rule, so that each question has exactly one answer."},
    {"nlvr", "scenes", "Statements about two scenes",
     "Sentences are made by rule: of each two pictures one that is true, and one, much like it, "
     "that is false."},
    {"captions", "scenes", "Captions of scenes",
     "Captions are made by rule, so that each picture has exactly one."},
    {"web", "scenes", "A small web of scenes",
     "Pictures with the texts that a web might have for them: `web.json`. Three fifths of the "
     "texts are right. A tenth each has one name wrong, has its two names exchanged, belongs to "
     "another scene, or is a text that somebody typed for a picture of Open Clip Art. "
     "`web_labels.json` says which is which and `web_truth.json` has the right captions: for "
     "judging, never for training. `clean.json` is small and right, as if people had written it."},
    {"vqa", "picturebook", "Questions about picturebook's drawings",
     "The drawings are real, and so are the answers: skin tone and person stand in the names that "
     "people gave to the drawings, and the kind of a picture is the group that it has in the "
     "Unicode standard. The three questions are templates."},
    {"classify", "picturebook", "Classes of picturebook's drawings",
     "The drawings are real, and people sorted them: the class of each, its `caption`, is the "
     "group that it has in the Unicode standard. `classes.txt` lists the classes. People in one "
     "of five skin tones, more than half of the drawings, are left out."}};

const Task& find_task(const MakeOptions& options) {
  std::string known;
  for (const Task& task : kTasks) {
    if (options.task == task.name && options.from == task.from) return task;
    known += str(known.empty() ? "" : ", ", task.name, " --from ", task.from);
  }
  throw ConfigError(str("nothing makes '", options.task, "' from '", options.from, "'"),
                    "what can be made: " + known);
}

std::string command_of(const MakeOptions& options) {
  std::string command = str("medley data make ", options.task, " --from ", options.from);
  if (options.count) command += str(" --count ", *options.count);
  if (options.seed) command += str(" --seed ", *options.seed);
  return command + " --out FOLDER";
}

std::string readme(const Task& task, const MakeOptions& options, const std::string& example,
                   const std::vector<ListSummary>& lists) {
  std::ostringstream text;
  text << "# " << task.title << "\n\nMade by\n\n    " << command_of(options)
       << "\n\nwhich gives the same rows and pixels whenever it is run.\n\n"
       << task.truth << (options.from == "scenes" ? kScenes : "")
       << (options.from == "scenes" && options.task != "web" ? kChanged : "")
       << "\n\nPictures are in `images.tar`. A row:\n\n    " << example
       << "\n\n| list | rows | pictures | answers | the most frequent one | is right for |\n"
          "|---|---|---|---|---|---|\n";
  for (const ListSummary& list : lists)
    text << "| `" << list.list << "` | " << with_commas(list.rows) << " | "
         << with_commas(list.pictures) << " | " << with_commas(list.answers) << " | " << list.guess
         << " | " << fixed(100 * list.share, 1) << " % |\n";
  text << "\nOrigin and licences of the drawings: NOTICE.\n";
  return text.str();
}

}  // namespace

std::vector<ListSummary> make_task(const MakeOptions& options) {
  const Task& task = find_task(options);
  if (options.from == "picturebook" && (options.count || options.seed))
    throw ConfigError("--count and --seed go with --from scenes: picturebook is used whole");
  if (options.count && *options.count < 2)
    throw ConfigError(str("--count is ", *options.count, " but must be 2 or more"));
  const std::string data = require_default_data();
  std::vector<ListSummary> lists;
  write_whole_folder(options.out, [&](const std::string& path) {
    TaskFolder folder(path);
    if (options.from == "scenes")
      fill_from_scenes(options.task, options.count, static_cast<uint64_t>(options.seed.value_or(1)),
                       data, folder);
    else
      fill_from_picturebook(options.task, data, folder);
    lists = folder.close();
    folder.add_text("NOTICE", read_text(data + "/NOTICE"));
    folder.add_text("README.md", readme(task, options, folder.example(), lists));
  });
  return lists;
}

}  // namespace medley::train
