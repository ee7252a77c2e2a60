// Reader of rows of numbers and at most one column of names from the text of trajectory files.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace py = pybind11;

namespace {

enum Status { complete = 0, buffer_ends = 1, wrong_width = 2, not_a_number = 3 };

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Reads a number at the start of a token and returns its end, or nullptr without a number.
const char* number(const char* at, const char* end, double& value) {
    const char* begin = at + (at < end && *at == '+');
    auto [stopped, error] = std::from_chars(begin, end, value);
    if (error == std::errc::result_out_of_range) value = std::strtod(std::string(begin, stopped).c_str(), nullptr);
    return error == std::errc::invalid_argument ? nullptr : stopped;
}

// One row: numbers go to `values`, the name to `name`; `at` moves behind the row's newline.
class RowReader {
public:
    RowReader(const char* end, bool last, py::ssize_t width, bool exact, std::vector<py::ssize_t> slots,
              py::ssize_t name_column)
        : end_(end), last_(last), width_(width), exact_(exact), slots_(std::move(slots)), name_column_(name_column) {}

    Status read(const char*& at, long& lines, double* values, std::string_view& name) const {
        py::ssize_t found = 0;
        bool is_number = true;
        while (true) {
            while (at < end_ && is_space(*at)) ++at;
            if (at == end_) {
                if (!last_ || found == 0) return buffer_ends;
                break;
            }
            if (*at == '\n') {
                ++at;
                ++lines;
                if (found) break;
                continue;  // a blank line
            }
            const char* begin = at;
            const py::ssize_t slot = found < static_cast<py::ssize_t>(slots_.size()) ? slots_[found] : -1;
            if (slot >= 0) {
                at = number(begin, end_, values[slot]);
                if (at == nullptr || (at < end_ && !is_space(*at) && *at != '\n')) {
                    is_number = false;
                    at = begin;
                }
            }
            while (at < end_ && !is_space(*at) && *at != '\n') ++at;
            if (found == name_column_) name = {begin, static_cast<std::size_t>(at - begin)};
            ++found;
        }
        if (exact_ ? found != width_ : found < width_) return wrong_width;
        return is_number ? complete : not_a_number;
    }

private:
    const char* end_;
    bool last_;
    py::ssize_t width_;
    bool exact_;
    std::vector<py::ssize_t> slots_;  // index of each column among the wanted numbers, or -1
    py::ssize_t name_column_;
};

py::tuple read_rows(py::buffer source, py::ssize_t offset, py::ssize_t rows, py::ssize_t width, bool exact,
                    std::vector<py::ssize_t> columns, py::ssize_t name_column, bool last) {
    py::buffer_info info = source.request();
    const char* text = static_cast<const char*>(info.ptr);
    const char *at = text + offset, *end = text + info.size;
    const auto count = static_cast<py::ssize_t>(columns.size());
    std::vector<py::ssize_t> slots;
    for (py::ssize_t i = 0; i < count; ++i) {
        const auto column = static_cast<std::size_t>(columns[static_cast<std::size_t>(i)]);
        if (slots.size() <= column) slots.resize(column + 1, -1);
        slots[column] = i;
    }
    const RowReader reader(end, last, width, exact, std::move(slots), name_column);
    // A row has at least two characters, which limits the memory for an impossible count.
    const py::ssize_t room = std::min(rows, static_cast<py::ssize_t>(end - at) / 2 + 1);
    py::array_t<double> values({room, count});
    py::array_t<int> codes(name_column < 0 ? 0 : room);
    std::vector<std::string> names;
    double* value = values.mutable_data();
    int* code = codes.mutable_data();
    long lines = 0;
    py::ssize_t row = 0;
    Status status = complete;
    std::string_view name;
    std::size_t previous = 0;
    for (; row < rows; ++row, value += count) {
        const char* line = at;
        const long before = lines;
        status = reader.read(at, lines, value, name);
        if (status != complete) {
            at = line;
            lines = before;
            break;
        }
        if (name_column < 0) continue;
        if (previous >= names.size() || names[previous] != name) {
            previous = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
            if (previous == names.size()) names.emplace_back(name);
        }
        *code++ = static_cast<int>(previous);
    }
    py::list texts;
    for (const std::string& text_name : names) texts.append(py::bytes(text_name));
    return py::make_tuple(static_cast<int>(status), row, lines, at - text, values, codes, texts);
}

}  // namespace

PYBIND11_MODULE(_number_rows, module) {
    module.doc() = "Rows of numbers in text.";
    module.def("read_rows", &read_rows, py::arg("source"), py::arg("offset"), py::arg("rows"), py::arg("width"),
               py::arg("exact"), py::arg("columns"), py::arg("name_column"), py::arg("last"));
}
