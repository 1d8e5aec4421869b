// Signal handlers that only set a flag.
#include "train/loop/stop_signal.h"

#include <csignal>

namespace medley::train {
namespace {

volatile std::sig_atomic_t stop = 0;
struct sigaction old_interrupt, old_terminate;

}  // namespace

StopSignal::StopSignal() {
  stop = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { stop = 1; };
  // After the first signal the next one has the default effect.
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigaction(SIGINT, &action, &old_interrupt);
  sigaction(SIGTERM, &action, &old_terminate);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &old_interrupt, nullptr);
  sigaction(SIGTERM, &old_terminate, nullptr);
}

bool StopSignal::requested() { return stop != 0; }

void ignore_file_size_signal() { std::signal(SIGXFSZ, SIG_IGN); }

}  // namespace medley::train
