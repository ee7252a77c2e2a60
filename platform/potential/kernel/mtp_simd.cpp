// The inner loops, one centre atom per SIMD lane; compiled once per instruction set (see lanes_simd.hpp for what must not be included).
//
// For a batch of centres: (1) for each centre by itself, neighbours sorted by species and lanes over neighbours, unit vectors and
// radial functions; (2) transposed, so that lanes run over centres; (3) moments; (4) contractions and their adjoints; (5) from the
// adjoints of the moments the pair gradients, or in dual numbers the derivative with respect to the parameters.
#include "lanes_simd.hpp"
#include "plan.hpp"

namespace {
using namespace argyro;

constexpr int MAX_RADIAL = 64;

inline int rounded(int n) { return (n + W - 1) / W * W; }

// ---- where things lie in the scratch memory --------------------------------------------------------------------------------------
template <class S>
struct Layout {
    static constexpr int parts = sizeof(S) / sizeof(V);
    int width;   // neighbours per lane, padded
    int rows;    // quantities per neighbour
    int* order;  // [W][width] place of each sorted neighbour in the caller's list
    double* sorted;     // [6][width] displacement and tangent
    double* distances;  // [W][2][width]
    double* lanes;      // [W][rows][width]
    V* neighbours;      // [width][rows]
    S *moments, *adjoints, *monomials, *chain;
    unsigned long size;  // doubles

    Layout(const PlanView& plan, int longest, double* memory) {
        const int n = plan.radial_functions;
        width = rounded(longest + 1) + W;
        rows = parts == 1 ? 3 + n + 1 + n : 2 * (3 + n);
        char* start = reinterpret_cast<char*>(memory);
        char* next = start;
        auto take = [&next](unsigned long bytes) {
            char* here = next;
            next += (bytes + 63) / 64 * 64;
            return here;
        };
        const int monomials_count = plan.monomial_offset[plan.ranks];
        order = reinterpret_cast<int*>(take(sizeof(int) * W * width));
        sorted = reinterpret_cast<double*>(take(sizeof(double) * 6 * width));
        distances = reinterpret_cast<double*>(take(sizeof(double) * W * 2 * width));
        lanes = reinterpret_cast<double*>(take(sizeof(double) * W * rows * width));
        neighbours = reinterpret_cast<V*>(take(sizeof(V) * width * rows));
        moments = reinterpret_cast<S*>(take(sizeof(S) * plan.moments));
        adjoints = reinterpret_cast<S*>(take(sizeof(S) * plan.moments));
        monomials = reinterpret_cast<S*>(take(sizeof(S) * 2 * monomials_count));
        chain = reinterpret_cast<S*>(take(sizeof(S) * 2 * monomials_count));
        size = (next - start) / sizeof(double);
    }
};

// ---- (1) one centre: sort by species, unit vectors, radial functions ---------------------------------------------------------------
// Q: number of polynomials if known when compiled, else 0.
template <int Q>
struct Radial {
    V t[Q ? Q : MAX_RADIAL], dt[Q ? Q : MAX_RADIAL];  // smoothed Chebyshev polynomials, derivatives with respect to r

    Radial(const PlanView& plan, V r) {
        const int size = Q ? Q : plan.radial_size;
        const double slope = 2.0 / (plan.cutoff - plan.min_dist);
        const V x = slope * (r - plan.min_dist) - 1.0;
        V left = plan.cutoff - r;
        left = left > 0.0 ? left : V{};
        const V smooth = plan.scaling * left * left, dsmooth = -2.0 * plan.scaling * left;
        V p0 = V{} + 1.0, p1 = x, d0 = V{}, d1 = V{} + slope;
        for (int q = 0; q < size; ++q) {
            t[q] = smooth * p0;
            dt[q] = smooth * d0 + dsmooth * p0;
            const V p2 = 2.0 * x * p1 - p0, d2 = 2.0 * (slope * p1 + x * d1) - d0;
            p0 = p1, p1 = p2, d0 = d1, d1 = d2;
        }
    }
};

// Counting sort by species; returns group starts in begin[0 .. species_count].
template <class S>
int sort_neighbours(const PlanView& plan, const Centres& all, const double* tangents, int centre, Layout<S>& at, int lane,
                    int* begin) {
    const int first = all.offsets[centre], count = all.offsets[centre + 1] - first;
    const int species = plan.species_count;
    int* order = at.order + lane * at.width;
    begin[0] = 0;
    for (int s = 0; s < species; ++s) {  // a comparison for all, faster than a histogram for the few
        int same = 0;
        for (int k = 0; k < count; ++k) same += all.neighbour_types[first + k] == s;
        begin[s + 1] = begin[s] + same;
    }
    for (int k = 0; k < count; ++k) {
        const int place = begin[all.neighbour_types[first + k]]++;
        order[place] = k;
        for (int c = 0; c < 3; ++c) at.sorted[c * at.width + place] = all.rij_A[3 * (first + k) + c];
        if (tangents)
            for (int c = 0; c < 3; ++c) at.sorted[(3 + c) * at.width + place] = tangents[3 * (first + k) + c];
    }
    for (int s = species; s > 0; --s) begin[s] = begin[s - 1];
    begin[0] = 0;
    for (int k = count; k < count + W; ++k)  // what the last vector reads beyond the end: at the cutoff
        for (int c = 0; c < 6; ++c) at.sorted[c * at.width + k] = c == 0 ? plan.cutoff : 0.0;
    return count;
}

inline void store_row(double* row, V value) { store(row, value); }

// Rows of S: x, y, z, f_mu; without tangents also 1/r and df_mu/dr.
template <class S, int Q>
void fill_rows(const PlanView& plan, const double* radial, Layout<S>& at, int lane, int k) {
    const int n = plan.radial_functions, width = at.width;
    const double* d = at.sorted + k;
    double* out = at.lanes + static_cast<long>(lane) * at.rows * width + k;
    const V x = load(d), y = load(d + width), z = load(d + 2 * width);
    const V r = root(x * x + y * y + z * z), inverse = 1.0 / r;
    const V e[3] = {x * inverse, y * inverse, z * inverse};
    V speed = V{};
    if constexpr (at.parts == 1) {
        for (int c = 0; c < 3; ++c) store_row(out + c * width, e[c]);
        store_row(out + (3 + n) * width, inverse);
    } else {
        const V v[3] = {load(d + 3 * width), load(d + 4 * width), load(d + 5 * width)};
        speed = v[0] * e[0] + v[1] * e[1] + v[2] * e[2];
        for (int c = 0; c < 3; ++c) {
            store_row(out + 2 * c * width, e[c]);
            store_row(out + (2 * c + 1) * width, (v[c] - speed * e[c]) * inverse);
        }
        double* distances = at.distances + lane * 2 * width + k;
        store(distances, r);
        store(distances + width, speed);
    }
    const int size = Q ? Q : plan.radial_size;
    const Radial<Q> basis(plan, r);
    for (int mu = 0; mu < n; ++mu) {
        const double* c = radial + mu * size;
        V f = V{}, df = V{};
        for (int q = 0; q < size; ++q) {
            f += c[q] * basis.t[q];
            df += c[q] * basis.dt[q];
        }
        if constexpr (at.parts == 1) {
            store_row(out + (3 + mu) * width, f);
            store_row(out + (4 + n + mu) * width, df);
        } else {
            store_row(out + 2 * (3 + mu) * width, f);
            store_row(out + (2 * (3 + mu) + 1) * width, df * speed);
        }
    }
}

template <class S>
void prepare_lane(const PlanView& plan, const Centres& all, const double* tangents, int centre, Layout<S>& at, int lane) {
    int begin[MAX_SPECIES + 1];
    const int count = sort_neighbours(plan, all, tangents, centre, at, lane, begin);
    const int pair_size = plan.radial_functions * plan.radial_size;
    for (int s = 0; s < plan.species_count; ++s) {
        const double* radial = plan.radial + (all.types[centre] * plan.species_count + s) * pair_size;
        // the last vector of a group runs into the next one, which then overwrites it
        for (int k = begin[s]; k < begin[s + 1]; k += W)
            if (plan.radial_size == 8)
                fill_rows<S, 8>(plan, radial, at, lane, k);
            else
                fill_rows<S, 0>(plan, radial, at, lane, k);
    }
    double* out = at.lanes + static_cast<long>(lane) * at.rows * at.width;
    for (int row = 0; row < at.rows; ++row)
        for (int k = count; k < at.width; ++k) out[row * at.width + k] = 0.0;
}

// ---- (1) and (2) for the whole batch ---------------------------------------------------------------------------------------------
template <class S>
int prepare(const PlanView& plan, const Batch& batch, const double* tangents, Layout<S>& at) {
    for (int lane = 0; lane < batch.size; ++lane) prepare_lane(plan, batch.centres, tangents, batch.members[lane], at, lane);
    const int used = rounded(batch.longest);
    for (int lane = batch.size; lane < W; ++lane)
        for (int i = 0; i < at.rows * at.width; ++i) at.lanes[static_cast<long>(lane) * at.rows * at.width + i] = 0.0;
    for (int row = 0; row < at.rows; ++row)
        for (int k = 0; k < used; k += W) {
            V columns[W];
            transpose(at.lanes + row * at.width + k, static_cast<long>(at.rows) * at.width, columns);
            for (int i = 0; i < W; ++i) at.neighbours[(k + i) * at.rows + row] = columns[i];
        }
    return (batch.longest + 1) / 2 * 2;  // neighbours are taken two at a time; the padding is zero
}

// ---- (3) moments -------------------------------------------------------------------------------------------------------------------
inline int rank_size(int rank) { return (rank + 1) * (rank + 2) / 2; }

// Monomials of a rank from those of the rank below, for two neighbours side by side.
template <class S, class Use>
inline void build_rank(int rank, const S* a, const S* b, S* monomials, int offset, int below, Use use) {
    if (rank == 0) {
        monomials[0] = monomials[1] = one<S>();
        use(0, monomials[0], monomials[1]);
        return;
    }
    int i = 0;
    auto run = [&](int from, int count, int axis) {
        const S ca = a[axis], cb = b[axis];
        const S* parent = monomials + 2 * (below + from);
        for (int j = 0; j < count; ++j, ++i) {
            const S ma = ca * parent[2 * j], mb = cb * parent[2 * j + 1];
            monomials[2 * (offset + i)] = ma;
            monomials[2 * (offset + i) + 1] = mb;
            use(i, ma, mb);
        }
    };
    const int size = rank_size(rank - 1);
    run(0, size, 0);
    run(size - rank, rank, 1);
    run(size - 1, 1, 2);
}

// N: number of mu at this rank if known when compiled, else -1.
template <class S, int N>
void moments_of_rank(const PlanView& plan, int rank, const S* a, const S* b, Layout<S>& at) {
    const int n = N >= 0 ? N : plan.mu_count[rank];
    const S *fa = a + 3, *fb = b + 3;
    S* sums = at.moments + plan.moment_offset[rank];
    build_rank(rank, a, b, at.monomials, plan.monomial_offset[rank], rank ? plan.monomial_offset[rank - 1] : 0,
               [=](int i, S ma, S mb) {
                   S* sum = sums + i * n;
                   for (int mu = 0; mu < n; ++mu) {
                       S s = sum[mu];
                       multiply_add(s, fa[mu], ma);
                       multiply_add(s, fb[mu], mb);
                       sum[mu] = s;
                   }
               });
}

#define ARGYRO_BY_MU_COUNT(count, function, ...)                \
    switch (count) {                                            \
        case 0: function<S, 0>(__VA_ARGS__); break;             \
        case 1: function<S, 1>(__VA_ARGS__); break;             \
        case 2: function<S, 2>(__VA_ARGS__); break;             \
        case 3: function<S, 3>(__VA_ARGS__); break;             \
        case 4: function<S, 4>(__VA_ARGS__); break;             \
        case 5: function<S, 5>(__VA_ARGS__); break;             \
        case 6: function<S, 6>(__VA_ARGS__); break;             \
        default: function<S, -1>(__VA_ARGS__); break;           \
    }

template <class S>
const S* neighbour(const Layout<S>& at, int k) {
    return reinterpret_cast<const S*>(at.neighbours + static_cast<long>(k) * at.rows);
}

template <class S>
void basic_moments(const PlanView& plan, int neighbours, Layout<S>& at) {
    for (int m = 0; m < plan.basic; ++m) at.moments[m] = zero<S>();
    for (int k = 0; k < neighbours; k += 2)
        for (int rank = 0; rank < plan.ranks; ++rank)
            ARGYRO_BY_MU_COUNT(plan.mu_count[rank], moments_of_rank, plan, rank, neighbour(at, k), neighbour(at, k + 1), at)
}

// ---- (4) contractions ----------------------------------------------------------------------------------------------------------------
template <class S>
S sum_of_products(const Product* products, int begin, int end, const S* moments) {
    S sum = zero<S>();
    for (int p = begin; p < end; ++p) multiply_add(sum, products[p].factor, moments[products[p].left] * moments[products[p].right]);
    return sum;
}

template <class S>
void contract(const PlanView& plan, S* moments) {
    for (int t = 0; t < plan.intermediates; ++t)
        moments[plan.basic + t] = sum_of_products(plan.inner, plan.inner_offset[t], plan.inner_offset[t + 1], moments);
}

template <class S>
S basis_function(const PlanView& plan, int k, const S* moments) {
    if (plan.basis_moment[k] >= 0) return moments[plan.basis_moment[k]];
    return sum_of_products(plan.final, plan.final_offset[k], plan.final_offset[k + 1], moments);
}

// Energy without the species constant; adjoints of all moments.
template <class S>
S energy_and_adjoints(const PlanView& plan, const S* moments, S* adjoints) {
    S energy = zero<S>();
    for (int m = 0; m < plan.moments; ++m) adjoints[m] = zero<S>();
    for (int i = 0; i < plan.linear_count; ++i) {
        const int m = plan.linear_moment[i];
        multiply_add(energy, plan.linear_factor[i], moments[m]);
        multiply_add(adjoints[m], plan.linear_factor[i], one<S>());
    }
    for (int row = 0; row < plan.rows; ++row) {
        const int left = plan.row_moment[row];
        const S m = moments[left];
        S sum = zero<S>();
        for (int p = plan.row_offset[row]; p < plan.row_offset[row + 1]; ++p) {
            const int right = plan.row_right[p];
            multiply_add(sum, plan.row_factor[p], moments[right]);
            multiply_add(adjoints[right], plan.row_factor[p], m);
        }
        multiply_add(energy, m, sum);
        adjoints[left] += sum;
    }
    for (int t = plan.intermediates - 1; t >= 0; --t) {
        const S outer = adjoints[plan.basic + t];
        for (int p = plan.inner_offset[t]; p < plan.inner_offset[t + 1]; ++p) {
            const Product& product = plan.inner[p];
            const S scaled = product.factor * outer;
            multiply_add(adjoints[product.left], scaled, moments[product.right]);
            multiply_add(adjoints[product.right], scaled, moments[product.left]);
        }
    }
    return energy;
}

// ---- (5) back to the neighbours ------------------------------------------------------------------------------------------------------
template <class S, int N>
void monomials_of_rank(const PlanView& plan, int rank, const S* a, const S* b, S* monomials) {
    build_rank(rank, a, b, monomials, plan.monomial_offset[rank], rank ? plan.monomial_offset[rank - 1] : 0, [](int, S, S) {});
}

// Adjoints of the f_mu of two neighbours: sum over monomials of adjoint times monomial.
template <class S, int N>
void radial_adjoints_of_rank(const PlanView& plan, int rank, const S* a, const S* b, Layout<S>& at, S* pa, S* pb) {
    const int n = N >= 0 ? N : plan.mu_count[rank];
    const S* adjoints = at.adjoints + plan.moment_offset[rank];
    build_rank(rank, a, b, at.monomials, plan.monomial_offset[rank], rank ? plan.monomial_offset[rank - 1] : 0,
               [=](int i, S ma, S mb) {
                   for (int mu = 0; mu < n; ++mu) {
                       multiply_add(pa[mu], adjoints[i * n + mu], ma);
                       multiply_add(pb[mu], adjoints[i * n + mu], mb);
                   }
               });
}

struct Pull {  // what is gathered from the monomials of two neighbours: gradient by the unit vector, and adjoints of f_mu
    V ga[3], gb[3];
    V pa[MAX_RADIAL], pb[MAX_RADIAL];
};

// chain[t] is the adjoint of monomial t with everything built from it; ranks come from the highest down.
template <class S, int N>
void gradient_of_rank(const PlanView& plan, int rank, const V* a, const V* b, Layout<V>& at, Pull& pull) {
    const int n = N >= 0 ? N : plan.mu_count[rank];
    const int size = rank_size(rank);
    const V *fa = a + 3, *fb = b + 3;
    const V* adjoints = at.adjoints + plan.moment_offset[rank];
    const V* monomials = at.monomials + 2 * plan.monomial_offset[rank];
    V* chain = at.chain + 2 * plan.monomial_offset[rank];
    const V* above = at.chain + 2 * plan.monomial_offset[rank + 1];
    const bool top = rank + 1 == plan.ranks;
    V pa[N > 0 ? N : MAX_RADIAL], pb[N > 0 ? N : MAX_RADIAL];
    for (int mu = 0; mu < n; ++mu) pa[mu] = pull.pa[mu], pb[mu] = pull.pb[mu];
    for (int i = 0; i < size; ++i) {
        const V ma = monomials[2 * i], mb = monomials[2 * i + 1];
        V wa = V{}, wb = V{};
        for (int mu = 0; mu < n; ++mu) {
            const V adjoint = adjoints[i * n + mu];
            wa += adjoint * fa[mu];
            wb += adjoint * fb[mu];
            pa[mu] += adjoint * ma;
            pb[mu] += adjoint * mb;
        }
        if (!top) {
            wa += a[0] * above[2 * i];
            wb += b[0] * above[2 * i + 1];
            pull.ga[0] += ma * above[2 * i];
            pull.gb[0] += mb * above[2 * i + 1];
        }
        chain[2 * i] = wa;
        chain[2 * i + 1] = wb;
    }
    for (int mu = 0; mu < n; ++mu) pull.pa[mu] = pa[mu], pull.pb[mu] = pb[mu];
    if (top) return;
    auto along = [&](int from, int child, int axis) {
        for (int i = from; i < size; ++i, ++child) {
            chain[2 * i] += a[axis] * above[2 * child];
            chain[2 * i + 1] += b[axis] * above[2 * child + 1];
            pull.ga[axis] += monomials[2 * i] * above[2 * child];
            pull.gb[axis] += monomials[2 * i + 1] * above[2 * child + 1];
        }
    };
    along(size - rank - 1, size, 1);
    along(size - 1, size + rank + 1, 2);
}

// dE/dr = (df/dr . p) e + (g - (g.e) e) / r, overwriting the unit vector.
inline void finish_gradient(const PlanView& plan, V* row, const V* g, const V* p) {
    const int n = plan.radial_functions;
    V radial = V{};
    for (int mu = 0; mu < n; ++mu) radial += row[4 + n + mu] * p[mu];
    const V inverse = row[3 + n];
    const V along = radial - inverse * (g[0] * row[0] + g[1] * row[1] + g[2] * row[2]);
    for (int c = 0; c < 3; ++c) row[c] = along * row[c] + inverse * g[c];
}

void pair_gradients(const PlanView& plan, int neighbours, Layout<V>& at) {
    using S = V;
    for (int k = 0; k < neighbours; k += 2) {
        V *a = at.neighbours + static_cast<long>(k) * at.rows, *b = a + at.rows;
        Pull pull;
        for (int c = 0; c < 3; ++c) pull.ga[c] = pull.gb[c] = V{};
        for (int mu = 0; mu < plan.radial_functions; ++mu) pull.pa[mu] = pull.pb[mu] = V{};
        for (int rank = 0; rank < plan.ranks; ++rank) monomials_of_rank<V, 0>(plan, rank, a, b, at.monomials);
        for (int rank = plan.ranks - 1; rank >= 0; --rank)
            ARGYRO_BY_MU_COUNT(plan.mu_count[rank], gradient_of_rank, plan, rank, a, b, at, pull)
        finish_gradient(plan, a, pull.ga, pull.pa);
        finish_gradient(plan, b, pull.gb, pull.pb);
    }
}

// ---- entry points ----------------------------------------------------------------------------------------------------------------------
unsigned long scratch_size(const PlanView& plan, int longest, bool dual) {
    return dual ? Layout<D>(plan, longest, nullptr).size : Layout<V>(plan, longest, nullptr).size;
}

void write_gradients(const Batch& batch, const Layout<V>& at, double* out) {
    for (int lane = 0; lane < batch.size; ++lane) {
        const int first = batch.centres.offsets[batch.members[lane]];
        const int count = batch.centres.offsets[batch.members[lane] + 1] - first;
        for (int k = 0; k < count; ++k) {
            double* to = out + 3L * (first + at.order[lane * at.width + k]);
            const V* from = at.neighbours + static_cast<long>(k) * at.rows;
            for (int c = 0; c < 3; ++c) to[c] = from[c][lane];
        }
    }
}

void evaluate(const PlanView& plan, const Batch& batch, const Results& results, double* scratch) {
    Layout<V> at(plan, batch.longest, scratch);
    const int neighbours = prepare(plan, batch, nullptr, at);
    basic_moments(plan, neighbours, at);
    contract(plan, at.moments);
    if (results.basis)
        for (int k = 0; k < plan.basis_size; ++k) {
            const V value = basis_function(plan, k, at.moments);
            for (int lane = 0; lane < batch.size; ++lane)
                results.basis[static_cast<long>(batch.members[lane]) * plan.basis_size + k] = value[lane];
        }
    if (!results.energies_eV && !results.gradients_eV_A) return;
    const V energy = energy_and_adjoints(plan, at.moments, at.adjoints);
    if (results.energies_eV)
        for (int lane = 0; lane < batch.size; ++lane) {
            const int centre = batch.members[lane];
            results.energies_eV[centre] = plan.species_energies[batch.centres.types[centre]] + energy[lane];
        }
    if (!results.gradients_eV_A) return;
    pair_gradients(plan, neighbours, at);
    write_gradients(batch, at, results.gradients_eV_A);
}

// Adjoints of the f_mu, back in rows of each lane: the one of weight E + dE, and that of E, which multiplies dT/dr speed.
void write_radial_adjoints(const PlanView& plan, double weight, int neighbours, Layout<D>& at) {
    const int n = plan.radial_functions;
    for (int k = 0; k < neighbours; k += 2) {
        D pa[MAX_RADIAL], pb[MAX_RADIAL];
        for (int mu = 0; mu < n; ++mu) pa[mu] = pb[mu] = zero<D>();
        const D *a = neighbour(at, k), *b = neighbour(at, k + 1);
        using S = D;
        for (int rank = 0; rank < plan.ranks; ++rank)
            ARGYRO_BY_MU_COUNT(plan.mu_count[rank], radial_adjoints_of_rank, plan, rank, a, b, at, pa, pb)
        V* row_a = at.neighbours + static_cast<long>(k) * at.rows;
        V* row_b = row_a + at.rows;
        for (int mu = 0; mu < n; ++mu) {
            row_a[2 * mu] = weight * pa[mu].a + pa[mu].b;
            row_a[2 * mu + 1] = pa[mu].a;
            row_b[2 * mu] = weight * pb[mu].a + pb[mu].b;
            row_b[2 * mu + 1] = pb[mu].a;
        }
    }
    const int width = (neighbours + W - 1) / W * W;
    for (int row = 0; row < 2 * n; ++row)
        for (int k = 0; k < width; k += W) {
            V columns[W];
            transpose(reinterpret_cast<double*>(at.neighbours + static_cast<long>(k) * at.rows + row),
                      static_cast<long>(at.rows) * W, columns);
            for (int lane = 0; lane < W; ++lane) store(at.lanes + (static_cast<long>(lane) * at.rows + row) * at.width + k, columns[lane]);
        }
}

void add_radial_gradient(const PlanView& plan, const Batch& batch, int lane, Layout<D>& at, double* gradient) {
    const Centres& all = batch.centres;
    const int centre = batch.members[lane], first = all.offsets[centre], count = all.offsets[centre + 1] - first;
    const int n = plan.radial_functions, size = plan.radial_size;
    const int* order = at.order + lane * at.width;
    V lanes_index;
    for (int l = 0; l < W; ++l) lanes_index[l] = l;
    for (int begin = 0; begin < count;) {
        const int species = all.neighbour_types[first + order[begin]];
        int end = begin;
        while (end < count && all.neighbour_types[first + order[end]] == species) ++end;
        V* to = reinterpret_cast<V*>(gradient) + static_cast<long>(all.types[centre] * plan.species_count + species) * n * size;
        for (int k = begin; k < end; k += W) {
            const double* distances = at.distances + lane * 2 * at.width + k;
            const V inside = lanes_index < static_cast<double>(end - k) ? V{} + 1.0 : V{};
            const Radial<0> basis(plan, load(distances));
            const V speed = load(distances + at.width);
            for (int mu = 0; mu < n; ++mu) {
                const double* row = at.lanes + (static_cast<long>(lane) * at.rows + 2 * mu) * at.width + k;
                const V u = inside * load(row), v = inside * speed * load(row + at.width);
                for (int q = 0; q < size; ++q) to[mu * size + q] += u * basis.t[q] + v * basis.dt[q];
            }
        }
        begin = end;
    }
}

void differentiate(const PlanView& plan, const Batch& batch, const ParameterGradient& gradient, double* scratch) {
    Layout<D> at(plan, batch.longest, scratch);
    const int neighbours = prepare(plan, batch, gradient.tangents_A, at);
    basic_moments(plan, neighbours, at);
    contract(plan, at.moments);
    V* coefficients = reinterpret_cast<V*>(gradient.coefficients);
    for (int k = 0; k < plan.basis_size; ++k) {
        const D value = basis_function(plan, k, at.moments);
        coefficients[k] += gradient.weight * value.a + value.b;
    }
    energy_and_adjoints(plan, at.moments, at.adjoints);
    write_radial_adjoints(plan, gradient.weight, neighbours, at);
    for (int lane = 0; lane < batch.size; ++lane) add_radial_gradient(plan, batch, lane, at, gradient.radial);
}

}  // namespace

namespace argyro {
#define ARGYRO_JOIN_(a, b) a##b
#define ARGYRO_JOIN(a, b) ARGYRO_JOIN_(a, b)
#define ARGYRO_TEXT_(a) #a
#define ARGYRO_TEXT(a) ARGYRO_TEXT_(a)
extern const Kernels ARGYRO_JOIN(kernels_, ARGYRO_ISA);
const Kernels ARGYRO_JOIN(kernels_, ARGYRO_ISA) = {ARGYRO_TEXT(ARGYRO_ISA), W, scratch_size, evaluate, differentiate};
}  // namespace argyro
