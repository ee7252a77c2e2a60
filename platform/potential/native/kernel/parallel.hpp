// Exceptions and Ctrl-C across OpenMP regions. An exception must not leave a region, and only the calling thread may
// check for an interrupt.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>

namespace argyro {

// Thrown by `poll` after an interrupt by the user.
struct Interrupted {};

// Sets the check for an interrupt; without one, nothing interrupts.
void set_interrupt_check(bool (*check)());

// Throws Interrupted after an interrupt. Cheap: the check runs at most every 50 ms.
void poll();

// Collects the first exception of a parallel region; the remaining work is skipped.
//
//   Guard guard;
//   #pragma omp parallel for
//   for (...) guard.run([&] { ... });
//   guard.rethrow();
class Guard {
  public:
    template <class Work>
    void run(const Work& work) noexcept {
        if (failed_.load(std::memory_order_relaxed)) return;
        try {
            poll();
            work();
        } catch (...) {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!first_) first_ = std::current_exception();
            failed_.store(true, std::memory_order_relaxed);
        }
    }

    void rethrow() const {
        if (first_) std::rethrow_exception(first_);
    }

  private:
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::exception_ptr first_;
};

}  // namespace argyro
