// Exceptions and Ctrl-C across OpenMP regions: an exception must not leave a region, and only the thread that entered
// the kernel may ask whether the user wants to stop.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>

namespace argyro {

// Thrown by `poll` when the user asked to stop.
struct Interrupted {};

// Sets the question "does the user want to stop?"; without one, nothing interrupts.
void set_interrupt_check(bool (*check)());

// Throws Interrupted if the user asked to stop. Cheap: the question is asked at most every 50 ms.
void poll();

// Collects the first exception of a parallel region; the work that remains is skipped.
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
