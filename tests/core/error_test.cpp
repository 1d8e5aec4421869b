// Error texts: message, the scopes open at the throw, hint; and the scope stack itself.
#include "core/error.h"

#include <thread>

#include "core/scope.h"
#include "core/threads.h"
#include "tests/catch.h"

using medley::Scope;
using medley::ShapeError;

TEST_CASE("scopes nest and close") {
  CHECK(Scope::path().empty());
  CHECK(std::string(Scope::tag()).empty());
  {
    const Scope blip("blip");
    const Scope layer("layer", 3);
    CHECK(Scope::path() == "blip.layer[3]");
    CHECK(std::string(Scope::tag()) == "layer");
    std::thread([] { CHECK(Scope::path().empty()); }).join();
  }
  CHECK(Scope::path().empty());
}

TEST_CASE("an error carries message, place and hint") {
  const Scope blip("blip");
  const Scope layer("layer", 0);
  const ShapeError error("[linear] no fit", "transpose the weight");
  CHECK(std::string(error.what()) ==
        "[linear] no fit\n  in blip.layer[0]\n  hint: transpose the weight");
  CHECK(error.exit_code() == 70);
}

TEST_CASE("an error without scope and hint is its message") {
  CHECK(std::string(medley::DataError("bad row").what()) == "bad row");
  CHECK(medley::DataError("bad row").exit_code() == 3);
}

TEST_CASE("workers of the pool report the caller's place") {
  const int before = medley::thread_count();
  medley::set_thread_count(2);
  const Scope scope("embedding");
  std::string text;
  try {
    medley::parallel_for(2, 1, [](int64_t begin, int64_t) {
      if (begin == 1) throw medley::ValueError("id 7 is too large");
    });
  } catch (const medley::ValueError& error) {
    text = error.what();
  }
  medley::set_thread_count(before);
  CHECK(text == "id 7 is too large\n  in embedding");
}
