// Above which probability a text is kept.
#pragma once

#include "train/capfilt/capfilt.h"

namespace medley::train {

// Texts of a source that was left out are never kept.
bool may_keep(const SelectOptions& options, const LabelledText& text);

// The threshold that was asked for, or the one above which the part of all texts is that was asked
// for. Warns when the probabilities are nearly the same. Throws ConfigError for what cannot be
// asked for, DataError when no text has a probability.
double threshold_of(const SelectOptions& options, const LabelFolder& folder);

}  // namespace medley::train
