// Trains a WordPiece vocabulary by merging the most frequent adjacent pair of pieces (byte-pair
// encoding, Sennrich et al. 2016, on WordPiece's "##" alphabet).
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "models/text/tokenizer.h"
#include "models/text/unicode.h"

namespace medley::models {
namespace {

class Merger {
 public:
  explicit Merger(const std::vector<std::string>& texts) {
    std::map<std::string, int64_t> counts;
    for (const std::string& text : texts)
      for (std::string& word : split_words(text)) ++counts[std::move(word)];
    for (const auto& [word, count] : counts) {
      words_.push_back({{}, count});
      for (const char32_t c : decode_utf8(word)) {
        std::string piece = words_.back().pieces.empty() ? "" : "##";
        append_utf8(piece, c);
        words_.back().pieces.push_back(intern(piece));
      }
    }
    for (size_t w = 0; w < words_.size(); ++w) count_pairs(w, 1);
  }

  const std::vector<std::string>& pieces() const { return pieces_; }

  // Merges the most frequent pair everywhere and gives the id of the merged piece; -1 when no pair
  // occurs twice.
  int32_t merge() {
    const int64_t best = best_pair();
    if (best < 0) return -1;
    const auto [first, second] = pairs_[static_cast<size_t>(best)];
    const int32_t merged = intern(piece(first) + piece(second).substr(2));
    const std::set<size_t> where = std::exchange(where_[static_cast<size_t>(best)], {});
    for (const size_t w : where) {
      count_pairs(w, -1);
      std::vector<int32_t> joined;
      const std::vector<int32_t>& old = words_[w].pieces;
      for (size_t i = 0; i < old.size(); ++i) {
        const bool hit = i + 1 < old.size() && old[i] == first && old[i + 1] == second;
        joined.push_back(hit ? merged : old[i]);
        if (hit) ++i;
      }
      words_[w].pieces = std::move(joined);
      count_pairs(w, 1);
    }
    return merged;
  }

 private:
  struct Word {
    std::vector<int32_t> pieces;
    int64_t count;
  };

  const std::string& piece(int32_t id) const { return pieces_[static_cast<size_t>(id)]; }

  int32_t intern(const std::string& piece) {
    const auto [at, is_new] = ids_.emplace(piece, static_cast<int32_t>(pieces_.size()));
    if (is_new) pieces_.push_back(piece);
    return at->second;
  }

  void count_pairs(size_t w, int64_t sign) {
    const std::vector<int32_t>& p = words_[w].pieces;
    for (size_t i = 0; i + 1 < p.size(); ++i) {
      const uint64_t key = static_cast<uint64_t>(p[i]) << 32 | static_cast<uint32_t>(p[i + 1]);
      const auto [at, is_new] = pair_ids_.emplace(key, pairs_.size());
      if (is_new) {
        pairs_.emplace_back(p[i], p[i + 1]);
        counts_.push_back(0);
        where_.emplace_back();
      }
      counts_[at->second] += sign * words_[w].count;
      if (sign > 0) where_[at->second].insert(w);
    }
  }

  // A dense scan: a few thousand counts are read faster than a heap is kept in order.
  int64_t best_pair() const {
    int64_t best = -1;
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] < 2 || (best >= 0 && counts_[i] < counts_[static_cast<size_t>(best)]))
        continue;
      if (best < 0 || counts_[i] > counts_[static_cast<size_t>(best)] ||
          spelling(i) < spelling(static_cast<size_t>(best)))
        best = static_cast<int64_t>(i);
    }
    return best;
  }
  std::pair<const std::string&, const std::string&> spelling(size_t pair) const {
    return {piece(pairs_[pair].first), piece(pairs_[pair].second)};
  }

  std::vector<Word> words_;
  std::vector<std::string> pieces_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<std::pair<int32_t, int32_t>> pairs_;
  std::vector<int64_t> counts_;          // of each pair
  std::vector<std::set<size_t>> where_;  // words that held the pair at some time
  std::unordered_map<uint64_t, size_t> pair_ids_;
};

}  // namespace

std::vector<std::string> train_vocabulary(const std::vector<std::string>& texts, int64_t size) {
  std::vector<std::string> vocabulary = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]", "[ENC]"};
  Merger merger(texts);
  std::vector<std::string> alphabet = merger.pieces();
  std::sort(alphabet.begin(), alphabet.end());
  vocabulary.insert(vocabulary.end(), alphabet.begin(), alphabet.end());
  std::set<std::string> known(vocabulary.begin(), vocabulary.end());
  while (static_cast<int64_t>(vocabulary.size()) < size) {
    const int32_t merged = merger.merge();
    if (merged < 0) break;
    const std::string& piece = merger.pieces()[static_cast<size_t>(merged)];
    if (known.insert(piece).second) vocabulary.push_back(piece);
  }
  return vocabulary;
}

}  // namespace medley::models
