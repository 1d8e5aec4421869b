// Builds the full text of an error: message, open scopes, hint.
#include "core/error.h"

#include "core/printable.h"
#include "core/scope.h"

namespace medley {
namespace {

std::string compose(const std::string& message, const std::string& hint) {
  std::string text = printable(message, LineEnds::keep);
  if (const std::string path = Scope::path(); !path.empty()) text += "\n  in " + path;
  if (!hint.empty()) text += "\n  hint: " + printable(hint, LineEnds::keep);
  return text;
}

}  // namespace

Error::Error(const std::string& message, const std::string& hint, int exit_code)
    : std::runtime_error(compose(message, hint)), exit_code_(exit_code) {}

}  // namespace medley
