// Reads .mtp files, version 1.1.0, as MLIP, LAMMPS, motep and argyro write them.
//
// '#' begins a comment, on a line of its own or after a value; LAMMPS puts "# DATE: ... CITATION: ..." at the top. A line
// that begins with #MVS ends the text: MLIP appends its active set there, in binary.
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

#include "mtp.hpp"

namespace argyro {
namespace {

// Other codes write any bytes into their free text; the result is ASCII.
std::string ascii(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) > 126 || static_cast<unsigned char>(c) < 32) c = '?';
    return text;
}

[[noreturn]] void refuse(const std::string& message) { throw std::invalid_argument(ascii(message)); }

std::string stripped(const std::string& text) {
    const char* blank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blank);
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string shown(const std::string& text) {
    return "'" + (text.size() > 40 ? text.substr(0, 40) + "..." : text) + "'";
}

double to_double(const std::string& key, const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end) refuse(key + " is " + shown(text) + ", which is not a number");
    if (!std::isfinite(value)) refuse(key + " is " + shown(text) + ", which is not a finite number");
    return value;
}

int to_int(const std::string& key, const std::string& text) {
    char* end = nullptr;
    errno = 0;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end || errno || value < INT_MIN || value > INT_MAX)
        refuse(key + " is " + shown(text) + ", which is not an integer");
    return static_cast<int>(value);
}

// Numbers of a list such as {1, 2} or {{1, 2}, {3, 4}}.
std::vector<std::string> items(const std::string& key, const std::string& text) {
    if (text.size() < 2 || text.front() != '{' || text.back() != '}')
        refuse(key + " is not a complete list {...}: " + shown(text));
    std::vector<std::string> found;
    std::string word;
    int depth = 0;
    for (char c : text) {
        const bool separator = c == '{' || c == '}' || c == ',' || c == ' ' || c == '\t';
        if (c == '{') ++depth;
        if (c == '}' && --depth < 0) refuse(key + " has a bracket too many");
        if (!separator) word += c;
        if (separator && !word.empty()) {
            found.push_back(word);
            word.clear();
        }
    }
    if (depth) refuse(key + " is cut off: a bracket is missing");
    return found;
}

std::vector<double> doubles(const std::string& key, const std::string& text) {
    std::vector<double> values;
    for (const std::string& word : items(key, text)) values.push_back(to_double(key, word));
    return values;
}

std::vector<int> integers(const std::string& key, const std::string& text) {
    std::vector<int> values;
    for (const std::string& word : items(key, text)) values.push_back(to_int(key, word));
    return values;
}

std::string without_comment(const std::string& line) {
    for (std::size_t place = line.find('#'); place != std::string::npos; place = line.find('#', place + 1))
        if (place == 0 || line[place - 1] == ' ' || line[place - 1] == '\t') return line.substr(0, place);
    return line;
}

// The lines that carry values, without comments and blanks around them.
std::vector<std::string> value_lines(const std::string& text) {
    const bool byte_order_mark = text.compare(0, 3, "\xef\xbb\xbf") == 0;
    std::istringstream in(text.substr(byte_order_mark ? 3 : 0));
    std::vector<std::string> lines;
    std::string line;
    while (std::getline(in, line)) {
        if (line.compare(0, 4, "#MVS") == 0) break;
        line = stripped(without_comment(line));
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

class Reader {
  public:
    explicit Reader(const std::string& text) : lines_(value_lines(text)) {}

    Parameters read() {
        if (lines_.empty() || lines_[0] != "MTP")
            refuse("the first line of an .mtp file, after comments, is 'MTP'");
        next_ = 1;
        while (next_ < lines_.size()) {
            const std::string line = lines_[next_++];
            if (line == "radial_coeffs")
                read_radial();
            else
                read_entry(line);
        }
        return assemble();
    }

  private:
    void read_entry(const std::string& line) {
        const std::size_t equals = line.find('=');
        if (equals == std::string::npos)
            refuse("line " + shown(line) + " is neither 'key = value' nor 'radial_coeffs'");
        static const std::map<std::string, std::string> aliases = {
            {"min", "min_dist"},     {"min_val", "min_dist"},       {"max", "max_dist"},
            {"max_val", "max_dist"}, {"size", "radial_basis_size"}, {"basis_size", "radial_basis_size"}};
        std::string key = stripped(line.substr(0, equals));
        if (auto alias = aliases.find(key); alias != aliases.end()) key = alias->second;
        if (key.rfind("magnetic", 0) == 0 || key.find("_mag") != std::string::npos)
            refuse("magnetic potentials are not supported");
        if (!entries_.emplace(key, stripped(line.substr(equals + 1))).second) refuse(key + " is given twice");
    }

    void read_radial() {
        if (!radial_.empty()) refuse("radial_coeffs is given twice");
        const int species = positive("species_count"), functions = radial_functions_ahead(),
                  size = positive("radial_basis_size");
        if (species > 120 || functions > 64 || size > 64)
            refuse("species_count, radial_funcs_count or radial_basis_size is implausibly large");
        const std::size_t block = std::size_t(functions) * size;
        radial_.assign(block * species * species, 0.0);
        std::vector<bool> seen(std::size_t(species) * species, false);
        for (int pair = 0; pair < species * species; ++pair) {
            int i = 0, j = 0;
            char dash = 0;
            std::istringstream head(next_line("radial_coeffs"));
            if (!(head >> i >> dash >> j) || dash != '-' || i < 0 || j < 0 || i >= species || j >= species)
                refuse("radial_coeffs: expected a pair of species such as 0-1, found " + shown(head.str()));
            if (seen[i * species + j]) refuse("radial_coeffs holds a pair of species twice");
            seen[i * species + j] = true;
            for (int mu = 0; mu < functions; ++mu) {
                const std::vector<double> row = doubles("radial_coeffs", next_line("radial_coeffs"));
                if (static_cast<int>(row.size()) != size)
                    refuse("radial_coeffs: a row holds " + std::to_string(row.size()) +
                           " values, radial_basis_size is " + std::to_string(size));
                std::copy(row.begin(), row.end(),
                          radial_.begin() + (std::size_t(i) * species + j) * block + std::size_t(mu) * size);
            }
        }
    }

    // motep writes radial_funcs_count after the coefficients: then it is the number of rows before the next head.
    int radial_functions_ahead() {
        if (entries_.count("radial_funcs_count")) return positive("radial_funcs_count");
        int rows = 0;
        while (next_ + 1 + rows < lines_.size() && lines_[next_ + 1 + rows].front() == '{') ++rows;
        if (rows == 0) refuse("radial_coeffs holds no rows");
        return rows;
    }

    const std::string& next_line(const std::string& where) {
        if (next_ == lines_.size()) refuse(where + " is cut off");
        return lines_[next_++];
    }

    const std::string& value(const std::string& key) const {
        auto found = entries_.find(key);
        if (found == entries_.end()) refuse(key + " is missing; the file is cut off or not an .mtp file");
        return found->second;
    }

    int positive(const std::string& key) const {
        const int number = to_int(key, value(key));
        if (number <= 0) refuse(key + " is " + std::to_string(number) + "; it must be positive");
        return number;
    }

    void counted(const std::string& list, std::size_t length, const std::string& count) const {
        const int stated = to_int(count, value(count));
        if (stated < 0 || length != std::size_t(stated))
            refuse(list + " holds " + std::to_string(length) + " entries, " + count + " is " + std::to_string(stated));
    }

    Parameters assemble() {
        Parameters p;
        if (value("version") != "1.1.0") refuse("version is " + shown(value("version")) + "; version 1.1.0 is read");
        if (value("radial_basis_type") != "RBChebyshev")
            refuse("radial_basis_type is " + shown(value("radial_basis_type")) + "; RBChebyshev is read");
        p.species_count = positive("species_count");
        p.radial_functions = positive("radial_funcs_count");
        p.radial_size = positive("radial_basis_size");
        p.scaling = entries_.count("scaling") ? to_double("scaling", value("scaling")) : 1.0;
        p.min_dist_A = to_double("min_dist", value("min_dist"));
        p.cutoff_A = to_double("max_dist", value("max_dist"));
        read_tables(p);
        p.radial = std::move(radial_);
        if (entries_.count("species_coeffs")) p.species_energies = doubles("species_coeffs", value("species_coeffs"));
        if (entries_.count("moment_coeffs")) p.coefficients = doubles("moment_coeffs", value("moment_coeffs"));
        const int given = !p.radial.empty() + !p.species_energies.empty() + !p.coefficients.empty();
        p.trained = given == 3;
        if (given == 1 || given == 2) refuse("of radial_coeffs, species_coeffs and moment_coeffs only some are given");
        if (entries_.count("potential_name")) p.potential_name = ascii(value("potential_name"));
        if (entries_.count("potential_tag")) read_tag(p);
        return p;
    }

    void read_tables(Parameters& p) const {
        p.moments_count = positive("alpha_moments_count");
        if (p.moments_count > 1000000) refuse("alpha_moments_count is implausibly large");
        p.basic = integers("alpha_index_basic", value("alpha_index_basic"));
        p.times = integers("alpha_index_times", value("alpha_index_times"));
        p.scalar_moments = integers("alpha_moment_mapping", value("alpha_moment_mapping"));
        if (p.basic.size() % 4 || p.times.size() % 4)
            refuse("alpha_index_basic and alpha_index_times hold rows of four integers");
        counted("alpha_index_basic", p.basic.size() / 4, "alpha_index_basic_count");
        counted("alpha_index_times", p.times.size() / 4, "alpha_index_times_count");
        counted("alpha_moment_mapping", p.scalar_moments.size(), "alpha_scalar_moments");
    }

    // Ours: "species:Li,P,S zbl:1.6,1.7,..." (outer radii of the pairs 00, 01, 02, 11, ...); anything else is a free
    // text.
    void read_tag(Parameters& p) const {
        p.potential_tag = ascii(value("potential_tag"));
        std::istringstream words(p.potential_tag);
        std::string word;
        if (!(words >> word) || word.rfind("species:", 0) != 0) return;
        for (const std::string& symbol : items("potential_tag", "{" + word.substr(8) + "}"))
            p.species.push_back(symbol);
        if (static_cast<int>(p.species.size()) != p.species_count)
            refuse("potential_tag names " + std::to_string(p.species.size()) + " species, species_count is " +
                   std::to_string(p.species_count));
        if (!(words >> word) || word.rfind("zbl:", 0) != 0) return;
        const std::vector<double> outer = doubles("zbl radii in potential_tag", "{" + word.substr(4) + "}");
        const int n = p.species_count;
        if (static_cast<int>(outer.size()) != n * (n + 1) / 2)
            refuse("potential_tag: zbl needs one radius per pair of species");
        p.zbl_outer_A.assign(std::size_t(n) * n, 0.0);
        for (int i = 0, k = 0; i < n; ++i)
            for (int j = i; j < n; ++j, ++k) p.zbl_outer_A[i * n + j] = p.zbl_outer_A[j * n + i] = outer[k];
    }

    std::vector<std::string> lines_;
    std::size_t next_ = 0;
    std::map<std::string, std::string> entries_;
    std::vector<double> radial_;
};

}  // namespace

Parameters read_mtp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) refuse("cannot open it");
    std::string text;
    try {
        text.assign(std::istreambuf_iterator<char>(file), {});
    } catch (const std::exception&) {
        refuse("it cannot be read; is it a folder?");
    }
    return Reader(text).read();
}

}  // namespace argyro
