// Reads rows of numbers and at most one column of names from text, as trajectory files hold them for each frame.

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

// Splits the next non-empty line into tokens; returns false where the buffer ends before the line does.
bool next_row(const char*& at, const char* end, bool last, std::vector<std::string_view>& tokens, long& lines) {
    tokens.clear();
    while (tokens.empty() && at < end) {
        while (at < end && *at != '\n') {
            if (is_space(*at)) {
                ++at;
                continue;
            }
            const char* begin = at;
            while (at < end && *at != '\n' && !is_space(*at)) ++at;
            tokens.emplace_back(begin, static_cast<std::size_t>(at - begin));
        }
        if (at == end) return last && !tokens.empty();
        ++at;
        ++lines;
    }
    return !tokens.empty();
}

bool number(std::string_view token, double& value) {
    const char* begin = token.data() + (token.front() == '+');
    const char* end = token.data() + token.size();
    auto [stopped, error] = std::from_chars(begin, end, value);
    if (error == std::errc::result_out_of_range) value = std::strtod(std::string(begin, stopped).c_str(), nullptr);
    return stopped == end && error != std::errc::invalid_argument;
}

py::tuple read_rows(py::buffer source, py::ssize_t offset, py::ssize_t rows, py::ssize_t width, bool exact,
                    std::vector<py::ssize_t> columns, py::ssize_t name_column, bool last) {
    py::buffer_info info = source.request();
    const char* text = static_cast<const char*>(info.ptr);
    const char *at = text + offset, *end = text + info.size;
    const auto count = static_cast<py::ssize_t>(columns.size());
    // no row is shorter than two characters, so a count that the text contradicts takes no memory
    const py::ssize_t room = std::min(rows, static_cast<py::ssize_t>(end - at) / 2 + 1);
    py::array_t<double> values({room, count});
    py::array_t<int> codes(name_column < 0 ? 0 : room);
    std::vector<std::string> names;
    std::vector<std::string_view> tokens;
    double* value = values.mutable_data();
    int* code = codes.mutable_data();
    long lines = 0;
    py::ssize_t row = 0;
    int status = complete;
    const char* line = at;
    for (; row < rows; ++row) {
        line = at;
        long before = lines;
        if (!next_row(at, end, last, tokens, lines)) {
            status = buffer_ends;
            lines = before;
            break;
        }
        const auto found = static_cast<py::ssize_t>(tokens.size());
        status = (exact ? found != width : found < width) ? wrong_width : complete;
        for (py::ssize_t i = 0; status == complete && i < count; ++i)
            if (!number(tokens[static_cast<std::size_t>(columns[static_cast<std::size_t>(i)])], *value++))
                status = not_a_number;
        if (status != complete) {
            lines = before;
            break;
        }
        if (name_column >= 0) {
            const std::string_view name = tokens[static_cast<std::size_t>(name_column)];
            auto known = std::find(names.begin(), names.end(), name);
            *code++ = static_cast<int>(known - names.begin());
            if (known == names.end()) names.emplace_back(name);
        }
    }
    py::list texts;
    for (const std::string& name : names) texts.append(py::bytes(name));
    const char* stopped = status == complete ? at : line;
    return py::make_tuple(status, row, lines, stopped - text, values, codes, texts);
}

}  // namespace

PYBIND11_MODULE(_number_rows, module) {
    module.doc() = "Rows of numbers in text.";
    module.def("read_rows", &read_rows, py::arg("source"), py::arg("offset"), py::arg("rows"), py::arg("width"),
               py::arg("exact"), py::arg("columns"), py::arg("name_column"), py::arg("last"));
}
