// Which process works on which unit of a folder. One process has the folder for itself, unless all
// of them were told to share it; then each claims a unit by a file:
//
//   Claims claims(folder, shared);            // throws IoError when another one is there
//   if (claims.take("000012")) { ...; claims.touch(); ...; claims.release(); }
//
// A claim that nobody has touched for kStale seconds belongs to a process that has died, and is
// taken over. Two processes on one unit do no harm: both write the same bytes.
#pragma once

#include <chrono>
#include <string>

namespace medley::train {

// "host-pid": no other process that runs has it.
std::string process_name();

class Claims {
 public:
  static constexpr double kStale = 600, kTouch = 30;  // seconds

  Claims(const std::string& folder, bool shared, double stale = kStale);
  ~Claims();
  Claims(const Claims&) = delete;
  Claims& operator=(const Claims&) = delete;

  bool take(const std::string& unit);
  void touch();    // tells the others that the claim is alive
  void release();  // the unit is done

 private:
  using Clock = std::chrono::steady_clock;
  std::string folder_;
  bool shared_;
  double stale_;
  int lock_ = -1;
  std::string claim_;  // file
  Clock::time_point touched_{};
};

}  // namespace medley::train
