// Chooses the instruction set and cuts the centres into batches.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

#include "batches.hpp"
#include "parallel.hpp"
#include "zbl.hpp"

namespace argyro {

#ifdef ARGYRO_HAVE_X86
extern const Kernels kernels_avx512, kernels_avx2;
#endif
extern const Kernels kernels_baseline;

namespace {

const Kernels& choose() {
    const char* wanted = std::getenv("ARGYRO_SIMD");
    auto allowed = [wanted](const char* name) { return !wanted || !*wanted || std::strcmp(wanted, name) == 0; };
#ifdef ARGYRO_HAVE_X86
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (avx512 && allowed("avx512")) return kernels_avx512;
    if (avx2 && allowed("avx2")) return kernels_avx2;
#endif
    (void)allowed;
    return kernels_baseline;
}

}  // namespace

const Kernels& kernels() {
    static const Kernels& chosen = choose();
    return chosen;
}

const char* instruction_set() { return kernels().name; }

Workspace::Workspace() = default;
Workspace::~Workspace() { std::free(memory_); }
Workspace::Workspace(Workspace&& other) noexcept : memory_(other.memory_), size_(other.size_) {
    other.memory_ = nullptr;
    other.size_ = 0;
}

double* Workspace::reserve(std::size_t doubles) {
    if (doubles > size_) {
        std::free(memory_);
        size_ = 0;
        const std::size_t wanted = (doubles + doubles / 4 + 7) / 8 * 8;
        memory_ = static_cast<double*>(std::aligned_alloc(64, wanted * sizeof(double)));
        if (!memory_) throw std::bad_alloc();
        size_ = wanted;
    }
    return memory_;
}

template <class Real>
const Evaluator<Real>& evaluator();
template <>
const Evaluator<double>& evaluator() {
    return kernels().double_lanes;
}
template <>
const Evaluator<float>& evaluator() {
    return *kernels().single_lanes;
}

template <class Real>
void for_batches(const Centres<Real>& centres, const std::function<void(const Batch<Real>&)>& work) {
    std::vector<int> members(centres.count);
    std::iota(members.begin(), members.end(), 0);
    auto length = [&centres](int i) { return centres.offsets[i + 1] - centres.offsets[i]; };
    std::stable_sort(members.begin(), members.end(), [&](int i, int j) { return length(i) > length(j); });
    const int lanes = evaluator<Real>().lanes;
    for (int first = 0; first < centres.count; first += lanes) {
        const int size = std::min(lanes, centres.count - first);
        poll();
        work(Batch<Real>{centres, members.data() + first, size, length(members[first])});
    }
}

template void for_batches(const Centres<double>&, const std::function<void(const Batch<double>&)>&);

namespace {

template <class Real>
void evaluate_with(const PlanView<Real>& view, const Parameters& parameters, const Centres<Real>& centres,
                   const Results<Real>& results, Workspace& workspace) {
    const Evaluator<Real>& kernel = evaluator<Real>();
    for_batches<Real>(centres, [&](const Batch<Real>& batch) {
        kernel.evaluate(view, batch, results, workspace.reserve(kernel.scratch_size(view, batch.longest)));
    });
    if (!parameters.zbl_outer_A.empty()) add_zbl(parameters, centres, results);
}

}  // namespace

void evaluate(const Potential& potential, const Centres<>& centres, const Results<>& results, Workspace& workspace) {
    evaluate_with(potential.plan().view, potential.parameters(), centres, results, workspace);
}

void evaluate(const Potential& potential, const Centres<float>& centres, const Results<float>& results,
              Workspace& workspace) {
    evaluate_with(potential.plan().single_view, potential.parameters(), centres, results, workspace);
}

}  // namespace argyro
