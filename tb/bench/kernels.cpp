#include "models/base/parallel.hpp"
#include "models/base/random.hpp"
#include "models/mapping/bls.hpp"
#include "models/sc/row_adder.hpp"
#include "tb/bench/bench.hpp"
#include "tb/bench/roofline.hpp"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <functional>
#include <map>

namespace veilram {
namespace {

constexpr int kRepetitions = 5;

/// What a kernel does per iteration, and what it is compared with.
struct Kernel {
    std::string name;
    std::string unit;     ///< billions or millions of something a second
    double items;         ///< of that, per iteration, in the unit
    std::string roofline; ///< kernel that is its limit; empty: none
    std::function<void()> work;
};

/// Keeps the medians that Google Benchmark reports.
class Medians final : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Aggregate && run.aggregate_name == "median")
                per_iteration_s[run.run_name.function_name] =
                    run.cpu_accumulated_time / static_cast<double>(run.iterations);
    }
    std::map<std::string, double> per_iteration_s;
};

/// Levels as after a ReLU: half of them 0, the others most often small.
std::vector<std::uint8_t> relu_levels(std::size_t count, Rng& rng) {
    std::vector<std::uint8_t> levels(count);
    for (std::uint8_t& level : levels) {
        const auto draw = static_cast<std::uint8_t>(rng());
        level = (rng() & 1U) != 0 ? 0 : static_cast<std::uint8_t>(draw * draw / 255);
    }
    return levels;
}

BitMatrix random_cells(std::size_t rows, Rng& rng) {
    BitMatrix cells(rows, kStreamBits);
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t w = 0; w < cells.words_per_row(); ++w) cells.row(i)[w] = rng();
    return cells;
}

/// A matrix of `outputs` x kInputs at kPositions positions whose tables are made ahead: the additions alone.
class TableProduct {
public:
    static constexpr std::size_t kInputs = 256, kPositions = 4096;

    explicit TableProduct(std::size_t outputs) : blocks_(outputs / kMaxWidth), acc_(kPositions * outputs) {
        Rng rng = make_rng(1, "bench/table");
        levels_ = relu_levels(kPositions + kInputs, rng);
        for (std::size_t p = 0; p < kPositions; ++p) origins_.push_back(static_cast<std::uint32_t>(p));
        for (std::size_t k = 0; k < kInputs; ++k) offsets_.push_back(static_cast<std::uint32_t>(k));
        tables_.resize(kTables * table_step(kMaxWidth));
        for (std::uint8_t& code : tables_) code = static_cast<std::uint8_t>(rng());
        sums_.resize(kPositions * kMaxWidth);
    }
    void run() {
        for (std::size_t b = 0; b < blocks_; ++b) {
            for (std::size_t k = 0; k < kInputs; k += kTables)
                add_rows({levels_.data(), origins_.data(), kPositions, offsets_.data() + k, kTables, kMaxWidth,
                          tables_.data(), sums_.data()});
            flush_sums(sums_.data(), kPositions, kMaxWidth, kMaxWidth, acc_.data() + b * kMaxWidth,
                       blocks_ * kMaxWidth);
        }
    }
    double products() const { return static_cast<double>(kPositions * kInputs * blocks_ * kMaxWidth); }

private:
    static constexpr std::size_t kTables = 16; ///< what RowAdder collects at this width
    std::size_t blocks_;
    std::vector<std::uint8_t> levels_;
    std::vector<std::uint32_t> origins_, offsets_;
    AlignedVector<std::uint8_t> tables_;
    AlignedVector<std::uint16_t> sums_;
    std::vector<std::int32_t> acc_;
};

/// One slot of kMaxWidth row pairs read at `levels` levels.
class SlotTable {
public:
    explicit SlotTable(std::size_t levels) : table_(kStreamBits * kMaxWidth) {
        Rng rng = make_rng(1, "bench/slot");
        cells_ = random_cells(2 * kMaxWidth, rng);
        row_ = random_cells(1, rng);
        for (std::uint8_t& h : start_) h = static_cast<std::uint8_t>(rng());
        vector_ = {rng()};
        for (std::size_t i = 0; i < levels; ++i) levels_.set(i * kStreamBits / levels);
        block_ = std::make_unique<CellBlock>(cells_, ArrayGeometry{2 * kMaxWidth, 256, 4}, 0, kMaxWidth);
    }
    void run() {
        const StreamSet streams({{ConverterKind::sign_bit, 0}, row_.row(0), &start_}, levels_);
        block_->read_slot(vector_, streams, {}, {}, table_.data());
    }

private:
    BitMatrix cells_, row_;
    StartTable start_{};
    GslVector vector_;
    LevelSet levels_;
    std::unique_ptr<CellBlock> block_;
    CodeTable table_;
};

/// A row pair of Laplace-like weights, n = 8.
class RowPair {
public:
    explicit RowPair(SolverKind kind) : solver_(make_solver(kind)), rng_(make_rng(1, "bench/bls")) {
        for (int i = 0; i < 8; ++i) vectors_.vectors.push_back({rng_()});
        problem_.vectors = &vectors_;
    }
    void run() {
        problem_.targets.clear();
        for (int slot = 0; slot < 16; ++slot) {
            const auto draw = static_cast<std::uint32_t>(rng_() & 0xffffU);
            problem_.targets.push_back(static_cast<int>((static_cast<std::uint64_t>(draw) * draw >> 24U) & 0xffU));
        }
        benchmark::DoNotOptimize(solver_->solve(problem_, rng_));
    }

private:
    GslVectors vectors_;
    BlsProblem problem_;
    std::unique_ptr<BlsSolver> solver_;
    Rng rng_;
};

/// A limit: rows added one after the other from a working set of `bytes`.
Kernel in_order(const std::string& level, std::size_t bytes) {
    auto table = std::make_shared<AlignedVector<std::uint8_t>>(bytes, std::uint8_t{1});
    auto sums = std::make_shared<AlignedVector<std::uint16_t>>(256);
    return {"roofline/row_add_" + level, "G products/s", static_cast<double>(bytes) / 1e9, "",
            [table, sums] { add_rows_in_order(table->data(), table->size() / kMaxWidth, sums->data()); }};
}

std::vector<Kernel> all_kernels() {
    std::vector<Kernel> kernels{in_order("l1", 16U << 10U), in_order("l2", 256U << 10U), in_order("l3", 8U << 20U)};
    constexpr std::size_t kWords = 1U << 16U;
    kernels.push_back({"roofline/and_popcount", "G bit operations/s", 64.0 * kWords / 1e9, "",
                       [] { benchmark::DoNotOptimize(and_popcount(1, 0x5555'3333'0f0f'00ffU, kWords)); }});
    for (const std::size_t outputs : {64U, 128U, 256U, 512U}) {
        auto product = std::make_shared<TableProduct>(outputs);
        kernels.push_back({"table_product/m" + std::to_string(outputs), "G products/s", product->products() / 1e9,
                           "roofline/row_add_l2", [product] { product->run(); }});
    }
    for (const std::size_t levels : {1U, 3U, 4U, 16U, 64U, 256U}) {
        auto slot = std::make_shared<SlotTable>(levels);
        kernels.push_back({"slot_table/levels" + std::to_string(levels), "M weights/s", kMaxWidth / 1e6, "",
                           [slot] { slot->run(); }});
    }
    Rng rng = make_rng(1, "bench/count");
    auto lines = std::make_shared<BitMatrix>(random_cells(128, rng));
    auto counts = std::make_shared<std::vector<std::uint16_t>>(128);
    kernels.push_back({"count_lines", "G bit operations/s", 128.0 * 256 / 1e9, "roofline/and_popcount",
                       [lines, counts] { read_counts(*lines, lines->row(7), counts->data()); }});
    auto fast = std::make_shared<RowPair>(SolverKind::fast);
    kernels.push_back({"bls_fast/n8", "row pairs/s", 1.0, "", [fast] { fast->run(); }});
    auto exact = std::make_shared<RowPair>(SolverKind::exact);
    kernels.push_back({"bls_exact/n8", "row pairs/s", 1.0, "", [exact] { exact->run(); }});
    return kernels;
}

} // namespace

std::vector<KernelRow> bench_kernels(double seconds) {
    const std::vector<Kernel> kernels = all_kernels();
    benchmark::ClearRegisteredBenchmarks();
    for (const Kernel& kernel : kernels)
        benchmark::RegisterBenchmark(kernel.name.c_str(),
                                     [&kernel](benchmark::State& state) {
                                         for (auto _ : state) kernel.work();
                                     })
            ->MinTime(seconds / kRepetitions)
            ->Repetitions(kRepetitions)
            ->ReportAggregatesOnly(true);
    Medians medians;
    benchmark::RunSpecifiedBenchmarks(&medians);

    std::map<std::string, double> rates;
    for (const Kernel& kernel : kernels) rates[kernel.name] = kernel.items / medians.per_iteration_s.at(kernel.name);
    std::vector<KernelRow> rows;
    for (const Kernel& kernel : kernels) {
        rows.push_back({kernel.name, rates[kernel.name], kernel.unit, {}});
        if (!kernel.roofline.empty()) rows.back().roofline_fraction = rates[kernel.name] / rates[kernel.roofline];
    }
    return rows;
}

} // namespace veilram
