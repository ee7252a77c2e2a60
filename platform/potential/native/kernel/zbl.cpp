#include "zbl.hpp"

#include <array>
#include <cmath>
#include <stdexcept>

namespace argyro {
namespace {

constexpr double COULOMB_EV_A = 14.399645;  // e^2 / (4 pi eps0)
constexpr double INNER = 0.7;               // full strength below this fraction of the outer radius

const std::array<const char*, 104> SYMBOLS = {
    "X",  "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",  "S",  "Cl",
    "Ar", "K",  "Ca", "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br",
    "Kr", "Rb", "Sr", "Y",  "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I",
    "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
    "Hf", "Ta", "W",  "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac",
    "Th", "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr"};

struct Curve {
    double value, slope;
};

// Z1 Z2 e^2 / r phi(r / a), phi and a of Ziegler, Biersack, Littmark, The Stopping and Range of Ions in Solids (1985).
Curve universal(double z1, double z2, double r) {
    constexpr double weight[4] = {0.18175, 0.50986, 0.28022, 0.02817}, decay[4] = {3.19980, 0.94229, 0.40290, 0.20162};
    const double a = 0.46850 / (std::pow(z1, 0.23) + std::pow(z2, 0.23));
    double phi = 0.0, slope = 0.0;
    for (int i = 0; i < 4; ++i) {
        const double term = weight[i] * std::exp(-decay[i] * r / a);
        phi += term;
        slope -= term * decay[i] / a;
    }
    const double coulomb = COULOMB_EV_A * z1 * z2 / r;
    return {coulomb * phi, coulomb * (slope - phi / r)};
}

// From 1 at INNER * outer to 0 at outer with two continuous derivatives.
Curve switching(double r, double outer) {
    const double width = (1.0 - INNER) * outer, u = (r - INNER * outer) / width;
    if (u <= 0.0) return {1.0, 0.0};
    return {1.0 - u * u * u * (10.0 - 15.0 * u + 6.0 * u * u), -30.0 * u * u * (1.0 - u) * (1.0 - u) / width};
}

}  // namespace

int atomic_number(const std::string& symbol) {
    for (std::size_t z = 1; z < SYMBOLS.size(); ++z)
        if (symbol == SYMBOLS[z]) return static_cast<int>(z);
    throw std::invalid_argument("'" + symbol + "' is not a chemical symbol from H to Lr");
}

template <class Real>
void add_zbl(const Parameters& p, const Centres<Real>& centres, const Results<Real>& results) {
    for (int i = 0; i < centres.count; ++i) {
        const double* outer = &p.zbl_outer_A[std::size_t(centres.types[i]) * p.species_count];
        for (int k = centres.offsets[i]; k < centres.offsets[i + 1]; ++k) {
            const Real* from = centres.rij_A + long(centres.stride) * k;
            const double d[3] = {from[0], from[1], from[2]};
            const double limit = outer[neighbour_type(centres, k)], r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if (r2 >= limit * limit) continue;
            const double r = std::sqrt(r2);
            const Curve pair = universal(atomic_number(p.species[centres.types[i]]),
                                         atomic_number(p.species[neighbour_type(centres, k)]), r);
            const Curve off = switching(r, limit);
            if (results.energies_eV) results.energies_eV[i] += 0.5 * pair.value * off.value;
            if (!results.gradients_eV_A) continue;
            const double slope = 0.5 * (pair.slope * off.value + pair.value * off.slope);
            for (int c = 0; c < 3; ++c) results.gradients_eV_A[long(centres.stride) * k + c] += slope * d[c] / r;
        }
    }
}

template void add_zbl(const Parameters&, const Centres<double>&, const Results<double>&);
template void add_zbl(const Parameters&, const Centres<float>&, const Results<float>&);

}  // namespace argyro
