// The mixed-integer program of paper section IV on COIN-OR CBC.
#include "models/base/diagnostics.hpp"
#include "models/mapping/bls.hpp"

#include <Cbc_C_Interface.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <string>

namespace veilram {
namespace {

using CbcModel = std::unique_ptr<Cbc_Model, decltype(&Cbc_deleteModel)>;

/// Columns: S_j for j = 0..2*segments-1, then one D for every used slot.
class MixedIntegerProgram {
public:
    explicit MixedIntegerProgram(const BlsProblem& problem)
        : problem_(problem), shares_(2 * problem.segments), model_(Cbc_newModel(), &Cbc_deleteModel) {
        Cbc_setLogLevel(model_.get(), 0);
        for (int j = 0; j < shares_; ++j)
            Cbc_addCol(model_.get(), "S", 0.0, problem.segment, 0.0, 1, 0, nullptr, nullptr);
        for (int slot = 0; slot < problem.vectors->slots(); ++slot)
            if (problem.targets[static_cast<std::size_t>(slot)] != BlsProblem::kFree) add_slot(slot);
        Cbc_setObjSense(model_.get(), 1.0);
        // Counts and targets are whole numbers, so a solution within less than one of the bound is optimal.
        Cbc_setAllowableGap(model_.get(), 0.999);
        Cbc_setAllowableFractionGap(model_.get(), 0.0);
    }

    BlsSolution solve() {
        Cbc_solve(model_.get());
        if (Cbc_isProvenOptimal(model_.get()) == 0)
            throw ModelError("CBC stopped without an optimal row pair, status " +
                             std::to_string(Cbc_status(model_.get())));
        const double* values = Cbc_getColSolution(model_.get());
        BlsSolution solution;
        for (int j = 0; j < shares_; ++j)
            solution.segment_ones.push_back(static_cast<std::uint8_t>(std::lround(values[j])));
        return solution;
    }

private:
    /// D >= line - target and D >= target - line.
    void add_slot(int slot) {
        const double infinity = std::numeric_limits<double>::max();
        Cbc_addCol(model_.get(), "D", 0.0, infinity, 1.0, 0, 0, nullptr, nullptr);
        const GslVector vector = problem_.vectors->of_slot(slot, problem_.segments);
        std::vector<int> columns;
        for (int j = 0; j < problem_.segments; ++j)
            columns.push_back(get_bit(vector.data(), static_cast<std::size_t>(j)) ? j : j + problem_.segments);
        columns.push_back(Cbc_getNumCols(model_.get()) - 1);
        std::vector<double> factors(columns.size(), 1.0);
        const auto entries = static_cast<int>(columns.size());
        const double target = problem_.targets[static_cast<std::size_t>(slot)];
        Cbc_addRow(model_.get(), "below", entries, columns.data(), factors.data(), 'G', target);
        factors.back() = -1.0;
        Cbc_addRow(model_.get(), "above", entries, columns.data(), factors.data(), 'L', target);
    }

    const BlsProblem& problem_;
    const int shares_;
    CbcModel model_;
};

class ExactSolver final : public BlsSolver {
public:
    BlsSolution solve(const BlsProblem& problem, Rng& /*rng*/) override {
        check_problem(problem);
        static std::mutex one_at_a_time; // CBC does not promise to be reentrant
        const std::lock_guard lock(one_at_a_time);
        return MixedIntegerProgram(problem).solve();
    }
};

} // namespace

std::unique_ptr<BlsSolver> make_exact_solver() { return std::make_unique<ExactSolver>(); }

} // namespace veilram
