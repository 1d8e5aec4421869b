// The progress line.
#include "train/loop/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "core/log.h"
#include "core/str.h"
#include "train/report/html.h"

namespace medley::train {
namespace {

size_t terminal_width() {
  struct winsize size {};
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(int64_t step, int64_t steps)
    : terminal_(isatty(STDERR_FILENO) == 1), first_step_(step), steps_(steps) {}

Progress::~Progress() { clear(); }

std::string Progress::text(int64_t step, const Figures& means, double images_per_second) const {
  double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  double left = elapsed / static_cast<double>(std::max<int64_t>(1, step - first_step_)) *
                static_cast<double>(steps_ - step);
  std::string losses;
  for (size_t i = 0; i < means.what.size(); ++i)
    if (means.what[i].kind == models::Figure::loss)
      losses += str("  ", means.what[i].name, " ", fixed(means.values[i], 3));
  return str("step ", step, "/", steps_, losses, "  ", fixed(images_per_second, 0), " images/s  ",
             duration(left), " left");
}

void Progress::update(int64_t step, const Figures& means, double images_per_second) {
  if (!terminal_ || Clock::now() - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = Clock::now();
  std::string line = text(step, means, images_per_second).substr(0, terminal_width() - 1);
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

void Progress::line(int64_t step, const Figures& means, double images_per_second) {
  clear();
  info(text(step, means, images_per_second));
}

void Progress::clear() {
  if (shown_) std::fprintf(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace medley::train
