// The stages of CapFilt in one folder: a simulated web, pre-training, fine-tuning, labels, lists,
// evaluation, each of which is a command of its own. A stage that is done stays, one that has begun
// goes on, and other options are refused in a folder that is there.
//
//   run.json              the options
//   web/                  the simulated web, where no other is given
//   NAME/                 runs, labels and what is selected of them, by names that the caller gives
//   NAME/eval.json        figures of a run
#pragma once

#include <string>
#include <vector>

#include "train/cli/commands.h"

namespace medley::train {

// A signal stopped a stage: nothing follows it.
struct StageStopped {};

class CapfiltStages {
 public:
  // Makes the web if there is none. `more`: options of the caller that the folder depends on too.
  CapfiltStages(const CapfiltSetup& setup, Json more);

  std::string path_of(const std::string& name) const { return o_.out + "/" + name; }
  bool is_simulated() const { return simulated_; }

  // What open_data takes.
  struct Pairs {
    std::string data, images;
  };
  // Those of the web and the clean ones: what the first pre-training sees.
  Pairs noisy_pairs() const;
  // Every picture of the simulated web with its right caption, and the clean pairs.
  Pairs true_pairs() const;
  // Pre-trains from nothing; `set` comes after the setup's own.
  void pretrain(const std::string& name, const Pairs& pairs,
                const std::vector<std::string>& set = {}) const;
  // Fine-tunes the run "noisy" on the clean pairs: "caption", "retrieval", or "pretrain" for both
  // in one model.
  void finetune(const std::string& name, const std::string& task) const;
  // Labels the web into the folder `name`. Beams: 0 for nucleus sampling.
  void label(const std::string& name, const std::string& captioner, const std::string& filter,
             int64_t beams = 0) const;
  struct Selected {
    Selection selection;
    Pairs pairs;
  };
  // What is kept and the clean pairs, in the folder `name`: a list, or shards where pictures are in
  // several places. options.folder: the name of the labels.
  Selected select(const std::string& name, SelectOptions options) const;

  // {"test_seen": figures, ..}: evaluate.h.
  Json evaluate(const std::string& name) const;

 private:
  void look_at_pairs();
  void keep_settings(Json more) const;
  void make_web();
  std::string recipe_of(const std::string& task) const;
  void train(const std::string& name, TrainingOptions options) const;

  CapfiltSetup o_;
  bool simulated_;
  std::string web_images_, clean_images_;  // as open_data takes them
  std::string place_;                      // of all pictures; empty: several
  int64_t clean_pairs_ = 0;
};

}  // namespace medley::train
