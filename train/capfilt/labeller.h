// Looks at pictures of the web: a caption for each, and how likely its texts match. What a picture
// gets depends on its own pixels and texts only, not on those beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "train/capfilt/capfilt.h"

namespace medley::train {

// A picture with its texts of the web.
struct LabelItem {
  int64_t picture;
  LabelledPicture label;
};

// Rows that follow one another and show one picture are its texts, in the unit of the first of
// them. A picture that cannot be labelled has an error.
std::vector<LabelItem> items_of(const Dataset& data, const Unit& unit);

class Labeller {
 public:
  // All of them must outlive it. Captioner and filter may be one object.
  Labeller(const LabelOptions& options, const Dataset& data, const Pipeline& captioner,
           const Pipeline& filter);

  // Labels items[begin, end). A picture that does not decode and a text that the filter cannot read
  // get an error; what else goes wrong is thrown.
  void look(std::vector<LabelItem>& items, size_t begin, size_t end) const;

 private:
  using Images = std::vector<std::shared_ptr<const Image>>;
  std::shared_ptr<const Image> shrunk(std::shared_ptr<const Image> image) const;
  EncodedPictures encoded(const Pipeline& model, const Images& images) const;
  void add_captions(const EncodedPictures& seen, const std::vector<LabelItem*>& items) const;
  void add_probabilities(const EncodedPictures& seen, const std::vector<LabelItem*>& items) const;

  const LabelOptions& options_;
  const Dataset& data_;
  const Pipeline &captioner_, &filter_;
  int64_t side_;        // of the pictures of both models; 0: they differ
  std::string prompt_;  // as a caption shows it
};

}  // namespace medley::train
