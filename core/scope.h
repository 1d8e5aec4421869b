// Scope names the module that is running: it is the breadcrumb in error messages and the tag of
// allocations.
//   Scope scope("layer", i);   // errors thrown below read "in blip.text_encoder.layer[3]"
#pragma once

#include <cstdint>
#include <string>

namespace medley {

class Scope {
 public:
  // name must outlive the scope: use literals.
  explicit Scope(const char* name, int64_t index = -1);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // "blip.text_encoder.layer[3]" of the calling thread; empty when no scope is open.
  static std::string path();
  // Innermost name of the calling thread, "" when none: the tag that allocation statistics are kept
  // under.
  static const char* tag();

  // The calling thread's innermost scope, and its replacement: the thread pool lends the caller's
  // to its workers, so that errors and allocations in them carry the same names.
  static const Scope* current();
  static void set_current(const Scope* scope);

 private:
  const char* name_;
  int64_t index_;
  const Scope* parent_;
};

}  // namespace medley
