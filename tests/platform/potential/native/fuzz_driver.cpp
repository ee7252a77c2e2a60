// Feeds altered potentials and active sets to the kernel for some seconds: `fuzz_driver SECONDS SEED POTENTIAL.mtp
// ACTIVE_SET`. Compiled with sanitizers by fuzz.py; a refusal is a std::invalid_argument, anything else ends the process.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "active_set.hpp"
#include "training.hpp"

using namespace argyro;

namespace {

std::mt19937 random_bits;

int pick(int count) { return static_cast<int>(random_bits() % static_cast<unsigned>(count)); }
double uniform(double low, double high) { return low + (high - low) * (random_bits() / 4294967296.0); }

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Another number in place of one of the text's.
void alter_number(std::string& text) {
    static const char* values[] = {"-1",  "0",     "1",      "2",   "7", "63", "99", "2147483647", "-2147483648",
                                   "nan", "1e308", "-1e308", "inf", "",  "{",  "}",  "1e-300",     "99999999999999"};
    std::size_t at = static_cast<std::size_t>(pick(static_cast<int>(text.size())));
    while (at < text.size() && !is_digit(text[at])) ++at;
    std::size_t end = at;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    if (at < end) text.replace(at, end - at, values[pick(sizeof values / sizeof *values)]);
}

void alter_cutoff(std::string& text) {
    const std::size_t at = text.find("max_dist = ");
    if (at == std::string::npos) return;
    const std::size_t end = text.find('\n', at);
    text.replace(at, end - at, "max_dist = " + std::to_string(std::pow(10.0, uniform(0.2, 3.1))));
}

std::string altered(std::string text) {
    const int changes = 1 + pick(3);
    for (int n = 0; n < changes && !text.empty(); ++n) {
        const std::size_t at = static_cast<std::size_t>(pick(static_cast<int>(text.size())));
        switch (pick(8)) {
            case 0: text.resize(at); break;
            case 1: text.erase(at, static_cast<std::size_t>(1 + pick(60))); break;
            case 2: text.insert(at, 1, static_cast<char>(pick(256))); break;
            case 3: alter_cutoff(text); break;
            default: alter_number(text);
        }
    }
    return text;
}

// Few atoms in a cell of any size and shape.
Frame random_frame(const Potential& potential) {
    const int atoms = pick(5);
    const double edge = std::pow(10.0, uniform(-1.0, 1.5));
    std::vector<double> positions, cell;
    std::vector<int> types;
    for (int i = 0; i < 3 * atoms; ++i) positions.push_back(uniform(-1.0, 2.0) * edge);
    for (int i = 0; i < 9; ++i) cell.push_back((i % 4 == 0 ? edge : 0.0) + uniform(-0.6, 0.6) * edge * pick(2));
    for (int i = 0; i < atoms; ++i) types.push_back(pick(potential.species_count()));
    const bool periodic[3] = {pick(4) > 0, pick(4) > 0, pick(4) > 0};
    return {atoms, positions.data(), cell.data(), periodic, types.data(), potential.species_count(),
            potential.cutoff_A()};
}

void evaluate_and_train(const Potential& potential) {
    const Frame frame = random_frame(potential);
    const std::size_t atoms = frame.types.size();
    std::vector<double> energies(atoms), gradients(frame.list.rij_A.size()), basis(atoms * potential.basis_size());
    Workspace workspace;
    evaluate(potential, frame.centres(), {energies.data(), gradients.data(), basis.data()}, workspace);
    if (atoms == 0 || frame.list.indices.size() > 3000) return;
    LabelledFrame labelled{frame, 0.0, std::vector<double>(3 * atoms), {}, 1.0, 0.0, std::vector<double>(atoms, 1.0)};
    loss_and_gradient(potential, {&labelled}, true, 1);
    if (potential.basis_size() < 40) normal_equations(potential.parameters(), {&labelled}, 1);
}

void grade(const Potential& potential, const std::string& path) {
    const ActiveSet set(path, potential);
    std::vector<double> basis(3 * potential.basis_size()), grades(3);
    for (double& value : basis) value = uniform(-1.0, 1.0);
    const int types[3] = {0, pick(potential.species_count()), potential.species_count() - 1};
    set.grade(3, types, basis.data(), grades.data());
}

}  // namespace

int main(int count, char** words) {
    if (count != 5) return 2;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(words[1]));
    random_bits.seed(static_cast<unsigned>(std::atoi(words[2])));
    const std::string potential_text = read(words[3]), set_text = read(words[4]);
    const std::string scratch = std::string(words[4]) + ".altered";
    const Potential whole(read_mtp(words[3]));
    grade(whole, words[4]);
    int made = 0, refused = 0;
    while (std::chrono::steady_clock::now() < end) {
        ++made;
        try {
            if (pick(4) == 0) {
                write(scratch, altered(set_text));
                grade(whole, scratch);
            } else {
                write(scratch, altered(potential_text));
                evaluate_and_train(Potential(read_mtp(scratch)));
            }
        } catch (const std::invalid_argument&) {
            ++refused;
        }
    }
    std::printf("%d altered files, %d refused\n", made, refused);
    return refused > 0 && refused < made ? 0 : 1;
}
