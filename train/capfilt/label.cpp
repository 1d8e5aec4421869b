// Unit by unit, batch by batch.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <optional>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/str.h"
#include "train/capfilt/claims.h"
#include "train/capfilt/labeller.h"
#include "train/io/checksum.h"
#include "train/io/files.h"
#include "train/loop/stop_signal.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTellEvery = 10;  // seconds
constexpr auto kWait = std::chrono::seconds(1);

std::string weights_checksum(const LoadedModel& model) {
  const Tensor weights = model.weights().flat().to(Device());
  Checksum sum;
  sum.add({static_cast<const char*>(weights.raw()), weights.bytes()});
  return sum.hex();
}

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

// All that the result depends on.
Json settings_of(const LabelOptions& options, const OpenedData& web, const Pipeline& captioner,
                 const Pipeline& filter, int64_t units) {
  const models::GenerateOptions& g = options.generate;
  return Json::object()
      .set("data", absolute_data(options.data))
      .set("images", absolute_data(options.images))
      .set("what", web.summary())
      .set("units", units)
      .set("unit_rows", kUnitRows)
      .set("captioner", Json::object()
                            .set("model", absolute(captioner.model().source))
                            .set("weights", weights_checksum(captioner.model())))
      .set("filter", Json::object()
                         .set("model", absolute(filter.model().source))
                         .set("weights", weights_checksum(filter.model())))
      .set("prompt", options.prompt)
      .set("generate", Json::object()
                           .set("sample", g.sample)
                           .set("beams", g.beams)
                           .set("top_p", g.top_p)
                           .set("top_k", g.top_k)
                           .set("temperature", g.temperature)
                           .set("repetition_penalty", g.repetition_penalty)
                           .set("min_length", g.min_length)
                           .set("max_length", g.max_length)
                           .set("seed", static_cast<int64_t>(g.seed)));
}

// The units that one process does.
class Worker {
 public:
  Worker(const LabelOptions& options, const LabelFolder& folder, const Dataset& data,
         const Labeller& labeller)
      : options_(options),
        folder_(folder),
        data_(data),
        labeller_(labeller),
        units_(units_of(data)),
        claims_(folder.path() + "/labels", options.share) {
    const auto rows = static_cast<double>(data.size());
    const double bad = options.max_bad;
    limit_ = bad < 0 ? std::numeric_limits<int64_t>::max()
                     : static_cast<int64_t>(bad < 1 ? bad * rows : bad);
    if (!options.share) remove_what_the_dead_left();
  }

  LabelOutcome work() {
    outcome_.units = static_cast<int64_t>(units_.size());
    for (;;) {
      int64_t left = 0, done_now = 0;
      for (int64_t unit = 0; unit < outcome_.units && !outcome_.stopped; ++unit) {
        if (folder_.done(unit)) continue;
        if (claims_.take(std::to_string(unit))) {
          if (!folder_.done(unit)) do_unit(unit);
          claims_.release();
          ++done_now;
        } else {
          ++left;
        }
      }
      if (outcome_.stopped || left == 0) break;
      // Others work on the rest, or have died over it.
      if (done_now == 0) std::this_thread::sleep_for(kWait);
      outcome_.stopped = StopSignal::requested();
    }
    outcome_.seconds = seconds_since(start_);
    return outcome_;
  }

 private:
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  void remove_what_the_dead_left() const {
    const std::string labels = folder_.path() + "/labels";
    for (const std::string& name : list_folder(labels))
      if (name.ends_with(".claim") || name.find(".part") != name.npos)
        remove_path(labels + "/" + name);
  }

  void do_unit(int64_t unit) {
    std::vector<LabelItem> items = items_of(data_, units_[static_cast<size_t>(unit)]);
    const auto step = static_cast<size_t>(options_.batch);
    for (size_t begin = 0; begin < items.size(); begin += step) {
      const size_t end = std::min(begin + step, items.size());
      labeller_.look(items, begin, end);
      for (size_t i = begin; i < end; ++i) count(items[i].label);
      claims_.touch();
      tell();
      outcome_.stopped = StopSignal::requested();
      if (outcome_.stopped) return;
    }
    std::string lines;
    for (const LabelItem& item : items) lines += item.label.line() + "\n";
    // Under a name that no other process has, even when it does the same unit.
    const std::string part = folder_.path() + "/labels/" + process_name() + ".part";
    replace_file(part, lines);
    rename_path(part, folder_.unit_file(unit));
    ++outcome_.done;
  }

  void count(const LabelledPicture& picture) {
    ++outcome_.pictures;
    if (!picture.error.empty()) return count_failure(++outcome_.failed, picture.error);
    for (const LabelledText& text : picture.texts)
      if (!text.error.empty()) count_failure(++outcome_.failed_texts, text.error);
  }

  void count_failure(int64_t of_its_kind, const std::string& reason) {
    if (of_its_kind <= kTold) warn("left out: " + reason);
    if (outcome_.failed + outcome_.failed_texts > limit_)
      throw DataError(
          str(outcome_.failed, " pictures and ", outcome_.failed_texts,
              " texts failed, the last: ", reason),
          str("--max-bad is ", options_.max_bad, "; what is done stays in ", folder_.path()));
  }

  void tell() {
    if (seconds_since(told_) < kTellEvery) return;
    told_ = Clock::now();
    int64_t rows = 0, done = 0;
    for (size_t u = 0; u < units_.size(); ++u) {
      rows += units_[u].end - units_[u].begin;
      if (folder_.done(static_cast<int64_t>(u))) done += units_[u].end - units_[u].begin;
    }
    const double speed = static_cast<double>(outcome_.pictures) / seconds_since(start_);
    info(str(with_commas(done), " of ", with_commas(rows), " rows done  ", fixed(speed, 0),
             " images/s  ", duration(static_cast<double>(rows - done) / speed), " left"));
  }

  static constexpr int64_t kTold = 10;
  const LabelOptions& options_;
  const LabelFolder& folder_;
  const Dataset& data_;
  const Labeller& labeller_;
  std::vector<Unit> units_;
  Claims claims_;
  int64_t limit_;
  LabelOutcome outcome_;
  Clock::time_point start_ = Clock::now(), told_ = start_;
};

}  // namespace

LabelOutcome label(const LabelOptions& options) {
  Findings findings(true);
  const OpenedData web = open_web(options.data, options.images, findings);
  info(web.summary());
  for (const auto& [kind, found] : findings.kinds())
    warn(str(kind, ": ", found.count, ", such as ", found.examples.at(0)));
  const Pipeline captioner = Pipeline::open(options.captioner, options.open);
  captioner.model().require(captioner.model().captions(), "caption decoder");
  std::optional<Pipeline> own;
  if (options.filter != options.captioner)
    own.emplace(Pipeline::open(options.filter, options.open));
  const Pipeline& filter = own ? *own : captioner;
  filter.model().require(filter.model().matching(), "matching head");
  const Dataset& data = *web.data;
  const LabelFolder folder = LabelFolder::make(
      options.out,
      settings_of(options, web, captioner, filter, static_cast<int64_t>(units_of(data).size())));
  const Labeller labeller(options, data, captioner, filter);
  const StopSignal signal;
  return Worker(options, folder, data, labeller).work();
}

}  // namespace medley::train
