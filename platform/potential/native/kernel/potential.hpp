// Owner of everything plan.hpp points to.
#pragma once

#include <utility>
#include <vector>

#include "mtp.hpp"
#include "plan.hpp"

namespace argyro {

struct Plan {
    explicit Plan(Parameters parameters);
    Plan(const Plan&) = delete;

    Parameters p;
    PlanView<double> view;
    PlanView<float> single_view;

    void fold_coefficients();  // after a change of the coefficients in p

  private:
    void place_basic();
    void place_products();
    void place_rows();
    void fold_radial();
    void fill_view();
    void fill_single_view();

    std::vector<int> place;  // from the file's moments to ours, -1: not kept
    std::vector<int> inner_offset, row_moment, row_offset, row_right, linear_moment, linear_basis, basis_moment,
        final_offset;
    std::vector<Product<double>> inner, final;
    std::vector<Product<float>> single_inner, single_final;
    std::vector<double> row_factor, linear_factor, radial_table;
    std::vector<float> single_row_factor, single_linear_factor, single_radial_table;
    std::vector<int>
        source_offset;  // basis functions that contribute to each entry of the quadratic form, with factors
    std::vector<std::pair<int, double>> sources;
};

}  // namespace argyro
