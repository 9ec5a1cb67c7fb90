// Twins in SystemVerilog, made by Verilator of what lies in the blocks' rtl/ folders, or of anybody's own files
// (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace veilram {

/// Whether this program was built with Verilator.
bool has_twins();

/// A waveform of twins: everything inside them, secrets included. Works where has_twins().
class TwinWave {
public:
    /// Throws UserError when `path` cannot be written. Add twins before the first edge.
    explicit TwinWave(const std::string& path);
    ~TwinWave();
    TwinWave(const TwinWave&) = delete;
    TwinWave& operator=(const TwinWave&) = delete;

    /// The next clock rises at `edge` ps and has fallen half a period before. What twins that share an edge do after
    /// the first one of them is seen at the next one.
    void next_edge(std::int64_t edge, std::int64_t half);
    /// For twins: all values are as they are after the falling, or the rising, of their clock.
    void fall();
    void rise();

    struct File;
    File& file() { return *file_; }

private:
    void dump(std::int64_t ps);

    std::string path_;
    std::unique_ptr<File> file_;
    std::int64_t edge_ = 0, half_ = 0, last_ = -1;
};

/// A block whose model is Verilog.
template <class Pins> class Twin : public BlockModel<Pins> {
public:
    /// From now on, until null: before the wave ends.
    virtual void record(TwinWave* wave) = 0;
    /// Lines and toggles that took place, for verilator_coverage. Throws UserError unless built with VEILRAM_COVERAGE.
    virtual void write_coverage(const std::string& path) = 0;
};

/// A twin after reset; `name` is its scope in waveforms. Throws UserError without Verilator.
template <class Pins> std::unique_ptr<Twin<Pins>> make_twin(const std::string& name);

} // namespace veilram
