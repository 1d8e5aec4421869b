// How a filter and a captioner agree with labels, where somebody knows the truth: on the simulated
// web (`medley data make web`), or on a part of a real one that people have looked at. Labels are
// for judging, never for training.
#pragma once

#include <string>

#include "core/json.h"

namespace medley::train {

struct JudgeOptions {
  std::string folder;      // of labels
  std::string labels;      // {"image": "right" or "agrees", or what is wrong with the web's text}
  std::string truth;       // list with the right captions of each picture; empty: not known
  double threshold = 0.5;  // a text is kept above it
};

// {"filter": {"texts", "right", "auc", "precision", "recall", "kinds": {kind: {"texts", "kept",
// "auc"}}}} of the web's texts that have a label: a right text that is kept is a hit. `auc` is the
// probability that a right text scores higher than a wrong one (of this kind), with equal scores
// counted half. With a truth also {"captioner": {"texts", "exact", "kept", "exact_of_kept"},
// "pictures": {"pictures", "true_before", "true_after"}}: pictures with at least one right text,
// among the web's texts, and among all that are kept.
Json judge(const JudgeOptions& options);

}  // namespace medley::train
