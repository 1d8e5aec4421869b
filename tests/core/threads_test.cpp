// The thread pool: partition, determinism, nesting, exceptions, and callers that meet.
#include "core/threads.h"

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tests/catch.h"

using namespace medley;

namespace {

struct Threads {
  explicit Threads(int n) : before(thread_count()) { set_thread_count(n); }
  ~Threads() { set_thread_count(before); }
  int before;
};

struct Part {
  int64_t begin, end;
  std::thread::id thread;
};

std::vector<Part> parts_of(int64_t count, int64_t grain) {
  std::mutex mutex;
  std::vector<Part> parts;
  parallel_for(count, grain, [&](int64_t begin, int64_t end) {
    const std::lock_guard lock(mutex);
    parts.push_back({begin, end, std::this_thread::get_id()});
  });
  return parts;
}

}  // namespace

TEST_CASE("parts cover the range once, each at least a grain") {
  for (const int threads : {1, 2, 3, 7}) {
    const Threads scope(threads);
    for (const int64_t count : {1, 2, 3, 10, 197, 1009}) {
      for (const int64_t grain : {0, 1, 4, 64, 5000}) {
        std::vector<int> hits(static_cast<size_t>(count));
        const std::vector<Part> parts = parts_of(count, grain);
        REQUIRE(static_cast<int>(parts.size()) <= threads);
        for (const Part& part : parts) {
          REQUIRE(part.end - part.begin >= std::min(count, grain));
          for (int64_t i = part.begin; i < part.end; ++i) ++hits[static_cast<size_t>(i)];
        }
        REQUIRE(hits == std::vector<int>(static_cast<size_t>(count), 1));
      }
    }
  }
}

TEST_CASE("a part always runs on the same thread") {
  const Threads scope(4);
  const auto owner_of = [](const std::vector<Part>& parts, int64_t begin) {
    for (const Part& part : parts) {
      if (part.begin == begin) return part.thread;
    }
    return std::thread::id();
  };
  const std::vector<Part> first = parts_of(400, 1);
  REQUIRE(first.size() == 4);
  CHECK(owner_of(first, 0) == std::this_thread::get_id());
  for (int round = 0; round < 50; ++round) {
    const std::vector<Part> again = parts_of(400, 1);
    for (int64_t begin = 0; begin < 400; begin += 100) {
      REQUIRE(owner_of(again, begin) == owner_of(first, begin));
    }
  }
}

TEST_CASE("nothing to do calls nothing") {
  CHECK(parts_of(0, 1).empty());
  CHECK(parts_of(-5, 1).empty());
}

TEST_CASE("writes of all parts are seen after the loop, many times over") {
  const Threads scope(3);
  std::vector<int64_t> values(3000);
  for (int64_t round = 0; round < 2000; ++round) {
    parallel_for(3000, 10, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) values[static_cast<size_t>(i)] += i + round;
    });
  }
  for (size_t i = 0; i < values.size(); ++i) {
    REQUIRE(values[i] == static_cast<int64_t>(i) * 2000 + 1999 * 1000);
  }
}

TEST_CASE("workers that went to sleep wake up") {
  const Threads scope(2);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    CHECK(parts_of(2, 1).size() == 2);
  }
}

TEST_CASE("a loop inside a loop is serial") {
  const Threads scope(3);
  std::atomic<int> inner{0}, wrong{0};
  parallel_for(3, 1, [&](int64_t, int64_t) {
    const auto outer = std::this_thread::get_id();
    parallel_for(100, 1, [&](int64_t begin, int64_t end) {
      ++inner;
      if (begin != 0 || end != 100 || std::this_thread::get_id() != outer) ++wrong;
    });
  });
  CHECK(inner == 3);
  CHECK(wrong == 0);
}

TEST_CASE("the first exception by part order is rethrown, and the pool lives on") {
  const Threads scope(4);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ran{0};
    std::string text;
    try {
      parallel_for(4, 1, [&](int64_t begin, int64_t) {
        ++ran;
        if (begin == 1) std::this_thread::sleep_for(std::chrono::microseconds(200));
        if (begin >= 1) throw std::runtime_error("part " + std::to_string(begin));
      });
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    REQUIRE(text == "part 1");
    REQUIRE(ran == 4);
  }
  CHECK(parts_of(4, 1).size() == 4);
}

TEST_CASE("callers on several threads do not disturb each other") {
  const Threads scope(2);
  std::atomic<int64_t> total{0};
  const auto caller = [&] {
    for (int round = 0; round < 300; ++round) {
      parallel_for(64, 1, [&](int64_t begin, int64_t end) { total += end - begin; });
    }
  };
  std::thread other(caller);
  caller();
  other.join();
  CHECK(total == 2 * 300 * 64);
}

TEST_CASE("the number of threads is checked") {
  CHECK_THROWS_AS(set_thread_count(0), ValueError);
  CHECK_THROWS_AS(set_thread_count(257), ValueError);
  const Threads scope(2);
  std::atomic<int> refused{0};
  parallel_for(2, 1, [&](int64_t, int64_t) {
    try {
      set_thread_count(1);
    } catch (const ValueError&) {
      ++refused;
    }
  });
  CHECK(refused == 2);
  CHECK(thread_count() == 2);
}
