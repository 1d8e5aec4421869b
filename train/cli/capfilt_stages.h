// The stages of CapFilt in one folder: a simulated web, pre-training, fine-tuning, labels, lists,
// evaluation, each of which is a command of its own. A stage that is done stays, one that has begun
// goes on, and other options are refused in a folder that is there.
//
//   run.json              the options
//   web/                  the simulated web, where no other is given
//   NAME/                 runs, labels and what is selected of them, by names that the caller gives
//   NAME/eval.json        figures of a run
//   NAME.json             lists of all pairs
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

  const std::string& path() const { return o_.out; }
  std::string path_of(const std::string& name) const { return o_.out + "/" + name; }
  bool is_simulated() const { return simulated_; }

  // A list of the web's pairs and the clean ones: what the first pre-training sees.
  std::string noisy_list() const;
  // Pre-trains from nothing; `set` comes after the setup's own.
  void pretrain(const std::string& name, const std::string& list,
                const std::vector<std::string>& set = {}) const;
  // Fine-tunes the run `from` on the clean pairs: "caption", "retrieval", or "pretrain" for both
  // in one model.
  void finetune(const std::string& name, const std::string& task, const std::string& from) const;
  // Labels the web into the folder `name`. Beams: 0 for nucleus sampling.
  void label(const std::string& name, const std::string& captioner, const std::string& filter,
             int64_t beams = 0) const;
  // Lists of what is kept, the clean pairs among it, in the folder `name`; options.folder: the
  // name of the labels.
  Selection select(const std::string& name, SelectOptions options) const;
  // A list of every picture of the simulated web with its right caption, and of the clean pairs.
  std::string true_list() const;

  // {"test_seen": figures, ..}: evaluate.h.
  Json evaluate(const std::string& name) const;

 private:
  void count_clean_pairs();
  void keep_settings(Json more) const;
  void make_web();
  std::string join(const std::string& name, const std::vector<std::string>& lists) const;
  void train(const std::string& name, TrainingOptions options) const;

  CapfiltSetup o_;
  bool simulated_;
  int64_t clean_pairs_ = 0;
};

}  // namespace medley::train
