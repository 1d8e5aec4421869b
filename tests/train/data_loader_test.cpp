// Batches: a function of seed and step, whatever prepares them.
#include <set>

#include "tests/train/data_support.h"
#include "train/data/loader.h"
#include "train/data/order.h"
#include "train/data/picture.h"

namespace medley::train {
namespace {

const models::Tokenizer& tokenizer() {
  static const models::Tokenizer all(models::train_vocabulary(
      {"picture 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9", "another text another text"}, 60));
  return all;
}

LoaderConfig small_config() {
  LoaderConfig config;
  config.batch_size = 4;
  config.image_size = 4;
  config.text.max_tokens = 8;
  config.augment.ground = 0.5;
  return config;
}

// Everything in a batch.
struct Contents {
  explicit Contents(const models::Batch& batch)
      : images(batch.images.to_vector<float>()),
        ids(batch.text.ids.to_vector<int32_t>()),
        captions(batch.caption.to_vector<int64_t>()),
        lengths(batch.text.lengths),
        samples(batch.samples) {}
  bool operator==(const Contents&) const = default;
  std::vector<float> images;
  std::vector<int32_t> ids;
  std::vector<int64_t> captions;
  std::vector<int32_t> lengths;
  std::vector<int64_t> samples;
};

std::vector<Contents> run(const Dataset& data, const LoaderConfig& config, int64_t first, int n) {
  Loader loader(data, tokenizer(), config, first);
  std::vector<Contents> batches;
  for (int i = 0; i < n; ++i) batches.emplace_back(loader.next());
  return batches;
}

TEST_CASE("batches do not depend on workers and prefetch") {
  const NumberedPictures data(30);
  LoaderConfig config = small_config();
  config.workers = 0;
  config.prefetch = 1;
  const std::vector<Contents> want = run(data, config, 0, 20);
  for (const int workers : {0, 1, 3})
    for (const int64_t prefetch : {1, 2, 5}) {
      CAPTURE(workers, prefetch);
      config.workers = workers;
      config.prefetch = prefetch;
      CHECK(run(data, config, 0, 20) == want);
    }
  config.seed = 2;
  CHECK_FALSE(run(data, config, 0, 20) == want);
}

TEST_CASE("seeking to a step equals running to it") {
  const NumberedPictures data(30);
  const std::vector<Contents> whole = run(data, small_config(), 0, 20);
  for (const int64_t first : {1, 6, 7, 8, 15}) {
    const std::vector<Contents> rest =
        run(data, small_config(), first, static_cast<int>(20 - first));
    CHECK(std::equal(rest.begin(), rest.end(), whole.begin() + first));
  }
}

TEST_CASE("a pass shows each sample at most once, each pass in another order") {
  const BatchOrder order({30}, 4, 1);
  std::vector<std::vector<int64_t>> passes;
  for (int64_t pass = 0; pass < 3; ++pass) {
    std::vector<int64_t> seen;
    for (int64_t step = 0; step < 7; ++step)
      for (const int64_t id : order.samples(pass * 7 + step)) seen.push_back(id);
    CHECK(std::set<int64_t>(seen.begin(), seen.end()).size() == 28);
    CHECK(*std::max_element(seen.begin(), seen.end()) < 30);
    passes.push_back(seen);
  }
  CHECK(passes[0] != passes[1]);
  CHECK(passes[1] != passes[2]);
  CHECK(order.samples(3) == std::vector<int64_t>(passes[0].begin() + 12, passes[0].begin() + 16));
}

TEST_CASE("a shuffle gives every place to every sample equally often") {
  std::vector<int> first(5, 0);
  for (uint64_t pass = 0; pass < 5000; ++pass) ++first[shuffled_order(5, 1, pass)[0]];
  for (const int count : first) CHECK(std::abs(count - 1000) < 150);
}

TEST_CASE("a batch holds normalised pictures, packed captions, ids of captions") {
  NumberedPictures data(8);
  data.modulo_ = 3;
  LoaderConfig config = small_config();
  config.batch_size = 8;
  config.augment.kind = "none";
  Loader loader(data, tokenizer(), config, 0);
  const models::Batch batch = loader.next();
  CHECK(batch.images.shape() == Shape{8, 3, 4, 4});
  const std::vector<float> images = batch.images.to_vector<float>();
  const std::vector<int64_t> captions = batch.caption.to_vector<int64_t>();
  const std::vector<int32_t> ids = batch.text.ids.to_vector<int32_t>();
  size_t token = 0;
  for (size_t i = 0; i < 8; ++i) {
    const int64_t id = batch.samples[i];
    for (size_t c = 0; c < 3; ++c)
      CHECK(
          images[(i * 3 + c) * 16 + 5] ==
          Approx((static_cast<double>(id) / 255 - kPictureMean[c]) / kPictureStd[c]).epsilon(1e-5));
    for (size_t j = 0; j < 8; ++j)
      CHECK((captions[i] == captions[j]) == (id % 3 == batch.samples[j] % 3));
    const std::vector<int32_t> want = tokenizer().encode_caption(str("picture ", id % 3), 8);
    for (const int32_t t : want) CHECK(ids[token++] == t);
  }
  CHECK(token == ids.size());
}

TEST_CASE("another right text can stand in for the caption, the caption's id stays") {
  const NumberedPictures data(4);
  LoaderConfig config = small_config();
  const std::vector<Contents> plain = run(data, config, 0, 1);
  config.text.references = 1;
  const std::vector<Contents> other = run(data, config, 0, 1);
  CHECK(other[0].captions == plain[0].captions);
  CHECK(other[0].images == plain[0].images);
  CHECK(other[0].ids != plain[0].ids);
  const std::vector<int32_t> want = tokenizer().encode_caption("another text", 8);
  CHECK(std::equal(want.begin(), want.end(), other[0].ids.begin()));
}

TEST_CASE("what a worker meets arrives in next(), with step and sample") {
  NumberedPictures data(8);
  data.bad_ = 5;
  for (const int workers : {0, 1, 2}) {
    CAPTURE(workers);
    LoaderConfig config = small_config();
    config.workers = workers;
    Loader loader(data, tokenizer(), config, 0);
    std::string message;
    int64_t step = 0;
    for (; message.empty() && step < 3; ++step)
      message = message_of<DataError>([&] { loader.next(); });
    CHECK(message.find("picture is damaged") != std::string::npos);
    CHECK(message.find(str("step[", step - 1, "].sample[5]")) != std::string::npos);
    CHECK(message_of<DataError>([&] { loader.next(); }) == message);
  }
}

TEST_CASE("a loader can go at any time") {
  const NumberedPictures data(64, 32);
  for (const int workers : {1, 4}) {
    LoaderConfig config = small_config();
    config.image_size = 32;
    config.workers = workers;
    { Loader unused(data, tokenizer(), config, 0); }
    Loader used(data, tokenizer(), config, 0);
    used.next();
  }
}

TEST_CASE("loaders that cannot work are refused") {
  const NumberedPictures data(3);
  LoaderConfig config = small_config();
  CHECK(message_of<ConfigError>([&] {
          Loader(data, tokenizer(), config, 0);
        }).find("only 3 pairs") != std::string::npos);
  config.batch_size = 0;
  CHECK_THROWS_AS(Loader(data, tokenizer(), config, 0), ConfigError);
  config.batch_size = 2;
  config.prefetch = 0;
  CHECK_THROWS_AS(Loader(data, tokenizer(), config, 0), ConfigError);
  config.prefetch = 1;
  config.workers = -1;
  CHECK_THROWS_AS(Loader(data, tokenizer(), config, 0), ConfigError);
  config.workers = 1;
  config.augment.kind = "blur";
  CHECK_THROWS_AS(Loader(data, tokenizer(), config, 0), ConfigError);
}

}  // namespace
}  // namespace medley::train
