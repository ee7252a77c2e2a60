// From the tables of an .mtp file, in whatever order, to the layout of the inner loops.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "potential.hpp"
#include "zbl.hpp"

namespace argyro {
namespace {

constexpr int MAX_POWERS = 12;  // polynomials up to here as powers of x: cancellation costs less than four digits
constexpr double MAX_CUTOFF_A = 1000.0;

[[noreturn]] void refuse(const std::string& message) { throw std::invalid_argument(message); }

void require(bool holds, const std::string& message) {
    if (!holds) refuse(message);
}

std::string shown(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", number);
    return text;
}

bool all_finite(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

void check_radial(const Parameters& p) {
    require(p.species_count > 0 && p.species_count <= MAX_SPECIES,
            "species_count is " + std::to_string(p.species_count) + "; it must lie between 1 and " +
                std::to_string(MAX_SPECIES));
    require(p.radial_functions > 0 && p.radial_functions <= MAX_RADIAL, "radial_funcs_count must lie between 1 and 64");
    require(p.radial_size > 0 && p.radial_size <= MAX_RADIAL, "radial_basis_size must lie between 1 and 64");
    require(std::isfinite(p.scaling) && std::isfinite(p.min_dist_A) && std::isfinite(p.cutoff_A),
            "scaling, min_dist and max_dist must be finite numbers");
    require(p.min_dist_A >= 0 && p.cutoff_A > p.min_dist_A, "0 <= min_dist < max_dist must hold");
    require(p.cutoff_A <= MAX_CUTOFF_A, "max_dist is " + shown(p.cutoff_A) + " Å; it must not exceed " +
                                            shown(MAX_CUTOFF_A) + " Å");
}

void check_species(const Parameters& p) {
    for (std::size_t i = 0; i < p.species.size(); ++i) {
        atomic_number(p.species[i]);
        for (std::size_t j = 0; j < i; ++j)
            require(p.species[i] != p.species[j], "the species " + p.species[i] + " is named twice");
    }
}

// Repulsion beyond the cutoff would end in a step.
void check_repulsion(const Parameters& p) {
    const std::size_t species = p.species_count;
    require(p.zbl_outer_A.empty() || p.zbl_outer_A.size() == species * species,
            "one repulsion radius per pair of species is needed");
    require(p.zbl_outer_A.empty() || p.species.size() == species, "the repulsion needs the chemical symbols");
    for (double radius : p.zbl_outer_A)
        require(radius >= 0.0 && radius <= p.cutoff_A, "a repulsion radius (zbl) is " + shown(radius) +
                                                           " Å; it must lie between 0 and max_dist, " +
                                                           shown(p.cutoff_A) + " Å");
}

void check_sizes(const Parameters& p) {
    const std::size_t species = p.species_count, pair = std::size_t(p.radial_functions) * p.radial_size;
    require(p.species.empty() || p.species.size() == species,
            "potential_tag names " + std::to_string(p.species.size()) + " species, species_count is " +
                std::to_string(species));
    if (!p.trained) return;
    require(p.radial.size() == species * species * pair, "radial_coeffs are not complete");
    require(p.species_energies.size() == species, "species_coeffs holds " + std::to_string(p.species_energies.size()) +
                                                      " values, species_count is " + std::to_string(species));
    require(p.coefficients.size() == p.scalar_moments.size(),
            "moment_coeffs holds " + std::to_string(p.coefficients.size()) + " values for " +
                std::to_string(p.scalar_moments.size()) + " basis functions");
    require(all_finite(p.radial) && all_finite(p.species_energies) && all_finite(p.coefficients),
            "a coefficient is not a finite number");
}

void check_tables(const Parameters& p) {
    const int moments = p.moments_count, basic = static_cast<int>(p.basic.size() / 4);
    require(p.basic.size() % 4 == 0 && p.times.size() % 4 == 0,
            "alpha_index_basic and alpha_index_times hold rows of four");
    require(basic > 0 && basic <= moments, "alpha_index_basic must hold between 1 and alpha_moments_count rows");
    require(!p.scalar_moments.empty(), "alpha_moment_mapping is empty");
    for (int i = 0; i < basic; ++i) {
        const int* row = &p.basic[4 * i];
        require(row[0] >= 0 && row[0] < p.radial_functions,
                "alpha_index_basic names a radial function beyond radial_funcs_count");
        require(row[1] >= 0 && row[2] >= 0 && row[3] >= 0 && row[1] + long(row[2]) + row[3] < MAX_RANK,
                "alpha_index_basic holds a negative exponent or a rank above " + std::to_string(MAX_RANK - 1));
    }
    std::vector<std::size_t> last_write(moments, 0);
    for (std::size_t t = 0; t < p.times.size(); t += 4) {
        for (int c : {0, 1, 3})
            require(p.times[t + c] >= 0 && p.times[t + c] < moments,
                    "alpha_index_times names a moment beyond alpha_moments_count");
        require(p.times[t + 3] >= basic, "alpha_index_times adds to a basic moment");
        last_write[p.times[t + 3]] = t + 1;
    }
    for (std::size_t t = 0; t < p.times.size(); t += 4)
        for (int c : {0, 1})
            require(last_write[p.times[t + c]] <= t, "alpha_index_times uses a moment before it is complete");
    for (int moment : p.scalar_moments)
        require(moment >= 0 && moment < moments, "alpha_moment_mapping names a moment beyond alpha_moments_count");
}

// Place of x^a y^b z^c among the monomials below `ranks`: those with fewer z, then those with fewer y come first.
int monomial_index(int ranks, int a, int b, int c) {
    const int left = ranks - c;  // ranks of the monomials in x and y beside z^c
    return monomials_below(ranks) - monomials_below(left) + b * left - b * (b - 1) / 2 + a;
}

using Matrix = std::vector<std::vector<double>>;

Matrix identity(int size) {
    Matrix rows(size, std::vector<double>(size, 0.0));
    for (int q = 0; q < size; ++q) rows[q][q] = 1.0;
    return rows;
}

// [q][k]: coefficient of x^k in T_q; whole numbers, exact.
Matrix chebyshev_powers(int size) {
    Matrix rows = identity(size);
    for (int q = 2; q < size; ++q)
        for (int k = 0; k <= q; ++k) rows[q][k] = (k ? 2.0 * rows[q - 1][k - 1] : 0.0) - rows[q - 2][k];
    return rows;
}

}  // namespace

Plan::Plan(Parameters parameters) : p(std::move(parameters)) {
    check_radial(p);
    check_tables(p);
    check_sizes(p);
    check_species(p);
    check_repulsion(p);
    if (!p.trained) {
        p.radial.assign(std::size_t(p.species_count) * p.species_count * p.radial_functions * p.radial_size, 0.0);
        p.species_energies.assign(p.species_count, 0.0);
        p.coefficients.assign(p.scalar_moments.size(), 0.0);
    }
    view = PlanView<double>{};
    place_basic();
    place_products();
    fill_view();
    fold_coefficients();
}

void Plan::place_basic() {
    const int basic = static_cast<int>(p.basic.size() / 4);
    for (int i = 0; i < basic; ++i) {
        const int* row = &p.basic[4 * i];
        const int rank = row[1] + row[2] + row[3];
        view.ranks[row[0]] = std::max(view.ranks[row[0]], rank + 1);
    }
    for (int mu = 0; mu < p.radial_functions; ++mu) {
        view.moment_offset[mu] = view.basic;
        view.basic += monomials_below(view.ranks[mu]);
    }
    place.assign(p.moments_count, -1);
    for (int i = 0; i < basic; ++i) {
        const int* row = &p.basic[4 * i];
        place[i] = view.moment_offset[row[0]] + monomial_index(view.ranks[row[0]], row[1], row[2], row[3]);
    }
}

void Plan::place_products() {
    const int moments = p.moments_count, basic = static_cast<int>(p.basic.size() / 4);
    std::vector<std::vector<const int*>> terms(moments);
    std::vector<bool> needed(moments, false);
    std::vector<int> order;  // by the last row that adds to a moment
    for (std::size_t t = 0; t < p.times.size(); t += 4) terms[p.times[t + 3]].push_back(&p.times[t]);
    for (std::size_t t = 0; t < p.times.size(); t += 4)
        if (terms[p.times[t + 3]].back() == &p.times[t]) order.push_back(p.times[t + 3]);
    for (int moment : p.scalar_moments) needed[moment] = true;
    std::vector<bool> operand(moments, false);
    for (auto moment = order.rbegin(); moment != order.rend(); ++moment)
        if (needed[*moment])
            for (const int* row : terms[*moment])
                for (int c : {0, 1}) needed[row[c]] = operand[row[c]] = true;

    auto sum = [&](int moment) {
        std::map<std::pair<int, int>, double> products;
        for (const int* row : terms[moment]) products[std::minmax(place[row[0]], place[row[1]])] += row[2];
        return products;
    };
    int next = view.basic;
    inner_offset = {0};
    for (int moment : order) {
        if (!operand[moment]) continue;
        for (const auto& [pair, factor] : sum(moment)) inner.push_back({pair.first, pair.second, factor});
        inner_offset.push_back(static_cast<int>(inner.size()));
        place[moment] = next++;
    }
    // a moment that is used but never written is zero: an intermediate without products
    for (int moment = basic; moment < moments; ++moment)
        if (needed[moment] && terms[moment].empty()) refuse("alpha_index_times never writes a moment that is used");
    view.moments = next;
    view.intermediates = next - view.basic;

    final_offset = {0};
    for (int moment : p.scalar_moments) {
        basis_moment.push_back(place[moment]);
        if (place[moment] < 0)
            for (const auto& [pair, factor] : sum(moment)) final.push_back({pair.first, pair.second, factor});
        final_offset.push_back(static_cast<int>(final.size()));
    }
    place_rows();
}

// The quadratic form, sorted into rows by the operand that occurs more often.
void Plan::place_rows() {
    std::vector<int> uses(view.moments, 0);
    for (const Product<double>& product : final) ++uses[product.left], ++uses[product.right];
    std::map<std::pair<int, int>, std::vector<std::pair<int, double>>> entries;
    for (int k = 0; k + 1 < static_cast<int>(final_offset.size()); ++k)
        for (int f = final_offset[k]; f < final_offset[k + 1]; ++f) {
            int left = final[f].left, right = final[f].right;
            if (uses[right] > uses[left]) std::swap(left, right);
            entries[{left, right}].push_back({k, final[f].factor});
        }
    source_offset = {0};
    for (const auto& [pair, from] : entries) {
        if (row_moment.empty() || row_moment.back() != pair.first) {
            row_moment.push_back(pair.first);
            row_offset.push_back(static_cast<int>(row_right.size()));
        }
        row_right.push_back(pair.second);
        sources.insert(sources.end(), from.begin(), from.end());
        source_offset.push_back(static_cast<int>(sources.size()));
    }
    row_offset.push_back(static_cast<int>(row_right.size()));
    row_factor.assign(row_right.size(), 0.0);
    for (std::size_t k = 0; k < basis_moment.size(); ++k)
        if (basis_moment[k] >= 0) linear_moment.push_back(basis_moment[k]), linear_basis.push_back(static_cast<int>(k));
    linear_factor.assign(linear_moment.size(), 0.0);
}

void Plan::fill_view() {
    view.species_count = p.species_count;
    view.radial_functions = p.radial_functions;
    view.radial_size = p.radial_size;
    view.scaling = p.scaling;
    view.min_dist = p.min_dist_A;
    view.cutoff = p.cutoff_A;
    view.inner_offset = inner_offset.data();
    view.inner = inner.data();
    view.rows = static_cast<int>(row_moment.size());
    view.row_moment = row_moment.data();
    view.row_offset = row_offset.data();
    view.row_right = row_right.data();
    view.row_factor = row_factor.data();
    view.linear_count = static_cast<int>(linear_moment.size());
    view.linear_moment = linear_moment.data();
    view.linear_factor = linear_factor.data();
    view.basis_size = static_cast<int>(basis_moment.size());
    view.basis_moment = basis_moment.data();
    view.final_offset = final_offset.data();
    view.final = final.data();
}

void Plan::fold_coefficients() {
    for (std::size_t i = 0; i < row_factor.size(); ++i) {
        row_factor[i] = 0.0;
        for (int s = source_offset[i]; s < source_offset[i + 1]; ++s)
            row_factor[i] += p.coefficients[sources[s].first] * sources[s].second;
    }
    for (std::size_t i = 0; i < linear_factor.size(); ++i) linear_factor[i] = p.coefficients[linear_basis[i]];
    view.radial = p.radial.data();
    fold_radial();
    view.species_energies = p.species_energies.data();
    fill_single_view();
}

namespace {

// [mu][k][pair_entries]: coefficients of all pairs of species side by side, of the polynomials with these rows of
// Chebyshev coefficients. The table begins at the returned pointer, 64-byte aligned.
template <class Real>
Real* radial_rows(const Parameters& p, const Matrix& polynomials, int pair_entries, std::vector<Real>& memory) {
    constexpr std::size_t ALIGNMENT = 64 / sizeof(Real);
    const int pairs = p.species_count * p.species_count, size = p.radial_size;
    memory.assign(std::size_t(p.radial_functions) * size * pair_entries + ALIGNMENT, 0);
    const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(memory.data()) % 64 / sizeof(Real);
    Real* table = memory.data() + (ALIGNMENT - misaligned) % ALIGNMENT;
    for (int pair = 0; pair < pairs; ++pair)
        for (int mu = 0; mu < p.radial_functions; ++mu) {
            const double* from = &p.radial[(std::size_t(pair) * p.radial_functions + mu) * size];
            for (int k = 0; k < size; ++k) {
                double sum = 0.0;
                for (int q = 0; q < size; ++q) sum += p.scaling * from[q] * polynomials[q][k];
                table[(std::size_t(mu) * size + k) * pair_entries + pair] = static_cast<Real>(sum);
            }
        }
    return table;
}

std::vector<Product<float>> in_single(const std::vector<Product<double>>& products) {
    std::vector<Product<float>> out;
    for (const auto& product : products)
        out.push_back({product.left, product.right, static_cast<float>(product.factor)});
    return out;
}

}  // namespace

// The polynomials as powers of x where that costs few digits.
void Plan::fold_radial() {
    const int pairs = p.species_count * p.species_count, size = p.radial_size;
    view.pair_entries = (pairs + PAIR_BLOCK - 1) / PAIR_BLOCK * PAIR_BLOCK;
    view.radial_powers = size <= MAX_POWERS;
    view.radial_table =
        radial_rows(p, view.radial_powers ? chebyshev_powers(size) : identity(size), view.pair_entries, radial_table);
}

void Plan::fill_single_view() {
    PlanView<float>& to = single_view;
    to = PlanView<float>{};
    to.species_count = view.species_count;
    to.radial_functions = view.radial_functions;
    to.radial_size = view.radial_size;
    to.scaling = static_cast<float>(view.scaling);
    to.min_dist = static_cast<float>(view.min_dist);
    to.cutoff = static_cast<float>(view.cutoff);
    to.species_energies = view.species_energies;
    to.pair_entries = view.pair_entries;
    to.radial_table = radial_rows(p, identity(p.radial_size), view.pair_entries, single_radial_table);
    std::copy(std::begin(view.ranks), std::end(view.ranks), to.ranks);
    std::copy(std::begin(view.moment_offset), std::end(view.moment_offset), to.moment_offset);
    to.moments = view.moments;
    to.basic = view.basic;
    to.intermediates = view.intermediates;
    to.inner_offset = view.inner_offset;
    single_inner = in_single(inner);
    to.inner = single_inner.data();
    to.rows = view.rows;
    to.row_moment = view.row_moment;
    to.row_offset = view.row_offset;
    to.row_right = view.row_right;
    single_row_factor.assign(row_factor.begin(), row_factor.end());
    to.row_factor = single_row_factor.data();
    to.linear_count = view.linear_count;
    to.linear_moment = view.linear_moment;
    single_linear_factor.assign(linear_factor.begin(), linear_factor.end());
    to.linear_factor = single_linear_factor.data();
    to.basis_size = view.basis_size;
    to.basis_moment = view.basis_moment;
    to.final_offset = view.final_offset;
    single_final = in_single(final);
    to.final = single_final.data();
}

Potential::Potential(Parameters parameters) : plan_(std::make_unique<Plan>(std::move(parameters))) {}
Potential::~Potential() = default;
Potential::Potential(Potential&&) noexcept = default;
const Parameters& Potential::parameters() const { return plan_->p; }

void Potential::set_coefficients(std::vector<double> radial, std::vector<double> species_energies,
                                 std::vector<double> coefficients) {
    Parameters& p = plan_->p;
    if (radial.size() != p.radial.size() || species_energies.size() != p.species_energies.size() ||
        coefficients.size() != p.coefficients.size())
        refuse("the number of coefficients does not fit the tables");
    p.radial = std::move(radial);
    p.species_energies = std::move(species_energies);
    p.coefficients = std::move(coefficients);
    p.trained = true;
    plan_->fold_coefficients();
}

}  // namespace argyro
