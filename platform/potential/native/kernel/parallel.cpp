#include "parallel.hpp"

#include <omp.h>

#include <chrono>

namespace argyro {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds INTERVAL{50};
std::atomic<bool (*)()> interrupt_check{nullptr};

}  // namespace

void set_interrupt_check(bool (*check)()) { interrupt_check = check; }

void poll() {
    const auto check = interrupt_check.load(std::memory_order_relaxed);
    if (!check || omp_get_thread_num() != 0) return;
    thread_local Clock::time_point last = Clock::now();
    const Clock::time_point now = Clock::now();
    if (now - last < INTERVAL) return;
    last = now;
    if (check()) throw Interrupted();
}

}  // namespace argyro
