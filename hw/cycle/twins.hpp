// Twins in SystemVerilog, made by Verilator of what lies in the blocks' rtl/ folders, or of anybody's own files
// (docs/cosim.md).
#pragma once

#include "hw/cycle/pins.hpp"

#include <memory>
#include <string>

namespace veilram {

/// Whether this program was built with Verilator.
bool has_twins();

/// A waveform of twins: everything inside them, under the names they were given. Works where has_twins().
class TwinWave {
public:
    /// Throws UserError when `path` cannot be written. Add twins before the first dump.
    explicit TwinWave(const std::string& path);
    ~TwinWave();
    TwinWave(const TwinWave&) = delete;
    TwinWave& operator=(const TwinWave&) = delete;

    /// Records all values under this time in ps, which must not be less than the time before.
    void dump(std::int64_t ps);

    struct File;
    File& file() { return *file_; }

private:
    std::string path_;
    std::unique_ptr<File> file_;
};

/// A block whose model is Verilog.
template <class Pins> class Twin : public BlockModel<Pins> {
public:
    /// As scope "name".
    virtual void add_to(TwinWave& wave) = 0;
};

/// A twin in reset's state; `name` is its scope in waveforms. Throws UserError without Verilator.
template <class Pins> std::unique_ptr<Twin<Pins>> make_twin(const std::string& name);

} // namespace veilram
