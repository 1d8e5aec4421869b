// report.html of a folder of labels: what a person needs to see to trust what is kept, or not.
#pragma once

#include <string>

#include "train/capfilt/select.h"

namespace medley::train {

// How much of each source is kept; how the probabilities lie; pictures with what is kept and what
// is dropped; those nearest to the threshold; how much the captioner repeats itself. One page with
// everything inside it. Opens the data that was labelled, and throws as open_data when it is gone.
// Returns the path of the page.
std::string write_selection_report(const std::string& folder, const Selection& selection);

}  // namespace medley::train
