// A lock on the folder; files made exclusively, which local disks and NFS can do.
#include "train/capfilt/claims.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core/error.h"
#include "core/str.h"

namespace medley::train {
namespace {

// Seconds since the file was touched, by the clock of the disk that has it; below 0: it is not
// there.
double age(const std::string& file, const std::string& beside) {
  struct stat own {
  }, now{};
  if (stat(file.c_str(), &own) != 0) return -1;
  // A file made now has the time of the same clock.
  const int probe = open(beside.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0666);
  const bool known = probe >= 0 && futimens(probe, nullptr) == 0 && fstat(probe, &now) == 0;
  if (probe >= 0) close(probe);
  unlink(beside.c_str());
  return known ? std::difftime(now.st_mtime, own.st_mtime) : 0;
}

}  // namespace

std::string process_name() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return str(host, "-", getpid());
}

Claims::Claims(const std::string& folder, bool shared, double stale)
    : folder_(folder), shared_(shared), stale_(stale) {
  const std::string file = folder + "/lock";
  lock_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (lock_ < 0) throw IoError(str("cannot open ", file, ": ", std::strerror(errno)));
  if (flock(lock_, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return;
  close(lock_);
  throw IoError("another process works in " + folder,
                "several processes label together when all of them have --share");
}

Claims::~Claims() {
  release();
  close(lock_);
}

bool Claims::take(const std::string& unit) {
  if (!shared_) return true;
  const std::string file = str(folder_, "/", unit, ".claim");
  const std::string own = file + "." + process_name();
  if (age(file, own + ".now") > stale_) {
    // Only one of several can move it away.
    if (rename(file.c_str(), own.c_str()) != 0) return false;
    unlink(own.c_str());
  }
  const int made = open(file.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (made < 0) {
    if (errno == EEXIST) return false;
    throw IoError(str("cannot make ", file, ": ", std::strerror(errno)));
  }
  const std::string text = process_name() + "\n";
  // What it says is for people; that it is there counts.
  if (write(made, text.data(), text.size()) < 0) errno = 0;
  close(made);
  claim_ = file;
  touched_ = Clock::now();
  return true;
}

void Claims::touch() {
  if (claim_.empty() || Clock::now() - touched_ < std::chrono::duration<double>(kTouch)) return;
  utimensat(AT_FDCWD, claim_.c_str(), nullptr, 0);
  touched_ = Clock::now();
}

void Claims::release() {
  if (!claim_.empty()) unlink(claim_.c_str());
  claim_.clear();
}

}  // namespace medley::train
