// The stack of open scopes: a linked list through the Scope objects, one a thread.
#include "core/scope.h"

namespace medley {
namespace {

thread_local const Scope* innermost = nullptr;

}  // namespace

Scope::Scope(const char* name, int64_t index) : name_(name), index_(index), parent_(innermost) {
  innermost = this;
}

Scope::~Scope() { innermost = parent_; }

std::string Scope::path() {
  std::string path;
  for (const Scope* scope = innermost; scope != nullptr; scope = scope->parent_) {
    std::string part = scope->name_;
    if (scope->index_ >= 0) part += "[" + std::to_string(scope->index_) + "]";
    path = path.empty() ? part : part + "." + path;
  }
  return path;
}

const char* Scope::tag() { return innermost == nullptr ? "" : innermost->name_; }

const Scope* Scope::current() { return innermost; }

void Scope::set_current(const Scope* scope) { innermost = scope; }

}  // namespace medley
