#include "neighbours.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "parallel.hpp"

namespace argyro {
namespace {

// Bins that are searched for the neighbours of one atom; only a very skewed or flat cell needs more.
constexpr double MAX_BINS = 1e7;

using Vector = std::array<double, 3>;

Vector cross(const Vector& a, const Vector& b) {
    return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// Vectors of directions without periodicity are replaced by unit vectors orthogonal to the others.
void complete(std::array<Vector, 3>& cell, const bool* periodic) {
    for (int k = 0; k < 3; ++k) {
        if (periodic[k]) continue;
        const int i = (k + 1) % 3, j = (k + 2) % 3;
        Vector best{};
        if (periodic[i] && periodic[j]) {
            best = cross(cell[i], cell[j]);
        } else {  // at most one vector fixed: any direction off it, made orthogonal to those fixed or already replaced
            double most = -1.0;
            for (int axis = 0; axis < 3; ++axis) {
                Vector trial{};
                trial[axis] = 1.0;
                for (int other : {i, j}) {
                    if (!periodic[other] && other > k) continue;
                    const double along = dot(trial, cell[other]) / std::max(dot(cell[other], cell[other]), 1e-300);
                    for (int c = 0; c < 3; ++c) trial[c] -= along * cell[other][c];
                }
                if (dot(trial, trial) > most) most = dot(trial, trial), best = trial;
            }
        }
        const double length = std::sqrt(dot(best, best));
        for (int c = 0; c < 3; ++c) cell[k][c] = best[c] / std::max(length, 1e-300);
    }
}

std::string shown(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", number);
    return text;
}

[[noreturn]] void refuse_count(const std::string& count, double cutoff) {
    throw std::invalid_argument(count + " neighbours within the cutoff of " + shown(cutoff) + " Å, at most " +
                                std::to_string(MAX_NEIGHBOURS) +
                                " are allowed; check the cell's vectors (Å) and the potential's max_dist");
}

struct Grid {
    std::array<Vector, 3> cell, reciprocal;  // reciprocal . r is fractional
    std::array<int, 3> bins, reach;
    std::vector<std::array<double, 3>> place;  // wrapped fractional coordinates, 0 .. 1
    std::vector<Vector> wrapped;               // the same in Å
    std::vector<int> begin, members;           // atoms of each bin

    int index(int x, int y, int z) const { return (x * bins[1] + y) * bins[2] + z; }
};

Grid make_grid(int atoms, const double* positions, const double* cell_A, const bool* periodic, double cutoff) {
    Grid grid;
    for (int k = 0; k < 3; ++k) grid.cell[k] = {cell_A[3 * k], cell_A[3 * k + 1], cell_A[3 * k + 2]};
    complete(grid.cell, periodic);
    const double volume = dot(grid.cell[0], cross(grid.cell[1], grid.cell[2]));
    double scale = 1.0;
    for (const Vector& v : grid.cell) scale *= std::sqrt(dot(v, v));
    if (!(std::abs(volume) > 1e-9 * scale) || !std::isfinite(volume))
        throw std::invalid_argument("the periodic cell spans no volume");
    const double expected = atoms / std::abs(volume) * 4.1887902047863905 * cutoff * cutoff * cutoff;
    if (periodic[0] && periodic[1] && periodic[2] && !(expected <= 1.2 * MAX_NEIGHBOURS))
        refuse_count("an atom has about " + shown(expected), cutoff);
    for (int k = 0; k < 3; ++k) {
        grid.reciprocal[k] = cross(grid.cell[(k + 1) % 3], grid.cell[(k + 2) % 3]);
        for (double& v : grid.reciprocal[k]) v /= volume;
    }
    grid.wrapped.resize(atoms);
    grid.place.resize(atoms);
    std::array<double, 3> low{}, high{};
    double searched = 1.0;
    for (int i = 0; i < atoms; ++i)
        for (int k = 0; k < 3; ++k) {
            const double s = dot(grid.reciprocal[k], {positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]});
            if (!std::isfinite(s)) throw std::invalid_argument("a position is not a finite number");
            grid.place[i][k] = periodic[k] ? s - std::floor(s) : s;
            low[k] = i ? std::min(low[k], s) : s;
            high[k] = i ? std::max(high[k], s) : s;
        }
    for (int k = 0; k < 3; ++k) {
        if (!periodic[k]) {  // the box around the atoms becomes the cell
            const double length = std::max(high[k] - low[k], 0.0) + 1e-3;
            for (int i = 0; i < atoms; ++i) grid.place[i][k] = (grid.place[i][k] - low[k]) / length;
            for (double& v : grid.cell[k]) v *= length;
            for (double& v : grid.reciprocal[k]) v /= length;
        }
        const double height = 1.0 / std::sqrt(dot(grid.reciprocal[k], grid.reciprocal[k]));
        const int most = std::max(1, static_cast<int>(std::cbrt(atoms)) + 1);
        grid.bins[k] = static_cast<int>(std::clamp(height / cutoff, 1.0, static_cast<double>(most)));
        const double reach = std::ceil(cutoff * grid.bins[k] / height);
        searched *= periodic[k] ? 2.0 * reach + 1.0 : grid.bins[k];
        grid.reach[k] = static_cast<int>(std::min(reach, MAX_BINS));
    }
    if (!(searched <= MAX_BINS))
        throw std::invalid_argument("the cell is so flat or skewed that " + shown(searched) +
                                    " of its parts lie within the cutoff of " + shown(cutoff) +
                                    " Å; reduce it first, for instance by ase.build.niggli_reduce");
    for (int i = 0; i < atoms; ++i)
        for (int c = 0; c < 3; ++c) {
            grid.wrapped[i][c] = 0.0;
            for (int k = 0; k < 3; ++k) grid.wrapped[i][c] += grid.place[i][k] * grid.cell[k][c];
        }
    return grid;
}

int bin_of(const Grid& grid, int atom, int k) {
    return std::min(static_cast<int>(grid.place[atom][k] * grid.bins[k]), grid.bins[k] - 1);
}

void fill_bins(Grid& grid, int atoms) {
    const int count = grid.bins[0] * grid.bins[1] * grid.bins[2];
    grid.begin.assign(count + 1, 0);
    grid.members.resize(atoms);
    auto bin = [&grid](int i) { return grid.index(bin_of(grid, i, 0), bin_of(grid, i, 1), bin_of(grid, i, 2)); };
    for (int i = 0; i < atoms; ++i) ++grid.begin[bin(i) + 1];
    for (int b = 0; b < count; ++b) grid.begin[b + 1] += grid.begin[b];
    std::vector<int> next(grid.begin.begin(), grid.begin.end() - 1);
    for (int i = 0; i < atoms; ++i) grid.members[next[bin(i)]++] = i;
}

int floor_div(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

}  // namespace

NeighbourList find_neighbours(int atoms, const double* positions_A, const double* cell_A, const bool* periodic,
                              double cutoff_A) {
    NeighbourList list;
    list.offsets.assign(1, 0);
    if (atoms == 0) return list;
    Grid grid = make_grid(atoms, positions_A, cell_A, periodic, cutoff_A);
    fill_bins(grid, atoms);
    const bool wide = double(grid.reach[1]) * grid.reach[2] > 100.0;  // one plane of bins takes long
    for (int i = 0; i < atoms; ++i) {
        std::array<int, 3> home, low, high;
        for (int k = 0; k < 3; ++k) {
            home[k] = bin_of(grid, i, k);
            low[k] = home[k] - grid.reach[k];
            high[k] = home[k] + grid.reach[k];
            if (!periodic[k]) low[k] = std::max(low[k], 0), high[k] = std::min(high[k], grid.bins[k] - 1);
        }
        std::size_t found = 0;
        poll();
        for (int x = low[0]; x <= high[0]; ++x) {
            if (wide) poll();
            for (int y = low[1]; y <= high[1]; ++y)
                for (int z = low[2]; z <= high[2]; ++z) {
                    const int sx = floor_div(x, grid.bins[0]), sy = floor_div(y, grid.bins[1]),
                              sz = floor_div(z, grid.bins[2]);
                    const int bin = grid.index(x - sx * grid.bins[0], y - sy * grid.bins[1], z - sz * grid.bins[2]);
                    Vector base;
                    for (int c = 0; c < 3; ++c)
                        base[c] =
                            sx * grid.cell[0][c] + sy * grid.cell[1][c] + sz * grid.cell[2][c] - grid.wrapped[i][c];
                    for (int m = grid.begin[bin]; m < grid.begin[bin + 1]; ++m) {
                        const int j = grid.members[m];
                        if (i == j && sx == 0 && sy == 0 && sz == 0) continue;
                        const Vector d = {grid.wrapped[j][0] + base[0], grid.wrapped[j][1] + base[1],
                                          grid.wrapped[j][2] + base[2]};
                        if (dot(d, d) >= cutoff_A * cutoff_A) continue;
                        if (++found > MAX_NEIGHBOURS) continue;  // counted on, for the message
                        list.indices.push_back(j);
                        list.rij_A.insert(list.rij_A.end(), d.begin(), d.end());
                    }
                }
        }
        if (found > MAX_NEIGHBOURS)
            refuse_count("atom " + std::to_string(i) + " has " + std::to_string(found), cutoff_A);
        if (list.indices.size() > INT_MAX)
            throw std::invalid_argument("there are more than " + std::to_string(INT_MAX) +
                                        " pairs of atoms; evaluate a smaller cell");
        list.offsets.push_back(static_cast<int>(list.indices.size()));
    }
    return list;
}

}  // namespace argyro
