// What the twins of all blocks have in common.
#pragma once

#include "hw/cycle/twins.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <verilated.h>
#include <verilated_vcd_c.h>

namespace veilram {

struct TwinWave::File {
    VerilatedVcdC vcd;
    bool open = false; ///< with the first dump: twins may be added until then
};

inline void to_pins(const WideWord& value, VlWide<8>& pins) {
    for (std::size_t w = 0; w < 8; ++w) pins[w] = static_cast<EData>(value[w / 2] >> (w % 2 * 32));
}
inline WideWord from_pins(const VlWide<8>& pins) {
    WideWord value;
    for (std::size_t w = 0; w < 4; ++w) value[w] = Word{pins[2 * w]} | Word{pins[2 * w + 1]} << 32U;
    return value;
}

/// As Twin::write_coverage.
void write_coverage_of(VerilatedContext& context, const std::string& path);

/// `Model` is Verilator's class of the block. `drive` and `sample` bind the pins one by one.
template <class Pins, class Model> class VerilatedTwin final : public Twin<Pins> {
public:
    using In = typename Pins::In;
    using BlockModel<Pins>::clock;

    explicit VerilatedTwin(const std::string& name) : model_(nested(name).c_str()) {
        Verilated::traceEverOn(true);
        reset();
    }
    ~VerilatedTwin() override { model_.final(); }

    void reset() override {
        model_.rst_ni = 0;
        model_.clk_i = 0;
        drive(In{}, model_);
        model_.eval();
        if (wave_ != nullptr) wave_->fall();
        model_.rst_ni = 1;
        model_.eval();
        if (wave_ != nullptr) wave_->rise();
        sample(model_, this->out_);
    }
    void clock(const In& in) override {
        model_.clk_i = 0;
        drive(in, model_);
        model_.eval();
        if (wave_ != nullptr) wave_->fall();
        model_.clk_i = 1;
        model_.eval();
        if (wave_ != nullptr) wave_->rise();
        sample(model_, this->out_);
    }
    void write_coverage(const std::string& path) override { write_coverage_of(*model_.contextp(), path); }
    void record(TwinWave* wave) override {
        if (wave != nullptr) model_.trace(&wave->file().vcd, 99);
        wave_ = wave;
    }

private:
    /// Verilator's waveforms open a scope at each space of a name.
    static std::string nested(std::string name) {
        std::replace(name.begin(), name.end(), '.', ' ');
        return name;
    }

    Model model_; ///< in Verilator's context of the process, as one waveform asks
    TwinWave* wave_ = nullptr;
};

} // namespace veilram
