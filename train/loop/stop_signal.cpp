// Signal handlers that only set a flag.
#include "train/loop/stop_signal.h"

#include <csignal>
#include <ctime>

namespace medley::train {
namespace {

volatile std::sig_atomic_t stop = 0;
volatile std::time_t first_asked = 0;
constexpr int kRequests[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

void ask_to_stop(int signal) {
  const std::time_t now = std::time(nullptr);
  if (stop == 0) {
    stop = 1;
    first_asked = now;
  } else if (now > first_asked + 1) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

StopSignal::StopSignal() {
  stop = 0;
  struct sigaction action {};
  action.sa_handler = ask_to_stop;
  action.sa_flags = SA_RESTART;
  size_t at = 0;
  for (const int signal : kRequests) sigaction(signal, &action, &before_[at++]);
}

StopSignal::~StopSignal() {
  size_t at = 0;
  for (const int signal : kRequests) sigaction(signal, &before_[at++], nullptr);
}

bool StopSignal::requested() { return stop != 0; }

void ignore_write_signals() {
  for (const int signal : {SIGXFSZ, SIGPIPE}) std::signal(signal, SIG_IGN);
}

}  // namespace medley::train
