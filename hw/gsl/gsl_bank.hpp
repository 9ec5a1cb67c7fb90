// The vector registers behind the GSL selector's sockets: as values, or pin by pin.
#pragma once

#include "hw/cycle/pin_port.hpp"
#include "hw/gsl/gsl_pins.hpp"
#include "models/sc/geometry.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace veilram {

/// The registers of some crossbars, n for each.
class GslBank {
public:
    virtual ~GslBank() = default;

    /// All n vectors of a crossbar; its lines have to be driven anew. False where a block behind pins does not answer.
    virtual bool load(std::size_t crossbar, const GslVectors& vectors) = 0;
    virtual void zeroise(std::size_t first, std::size_t crossbars) = 0;
    /// The rail has fallen.
    virtual void reset() = 0;
    /// Vectors in a crossbar's registers.
    virtual unsigned loaded(std::size_t crossbar) const = 0;
    /// Connects `slot` of a crossbar that is loaded, and returns its lines: those of even rows. None where a block
    /// behind pins refuses, or does not answer.
    virtual std::optional<GslVector> select(std::size_t crossbar, unsigned slot) = 0;
    /// Edges so far; 0 where there are no pins.
    virtual std::int64_t clocks() const { return 0; }
    /// Where a twin differs from its model; null while none does.
    virtual const Mismatch* mismatch() const { return nullptr; }
    virtual void record(TwinWave*) {}
};

class GslRegisters final : public GslBank {
public:
    GslRegisters(std::size_t crossbars, int segments) : registers_(crossbars), segments_(segments) {}

    bool load(std::size_t crossbar, const GslVectors& vectors) override {
        registers_[crossbar] = vectors;
        return true;
    }
    void zeroise(std::size_t first, std::size_t crossbars) override;
    void reset() override { zeroise(0, registers_.size()); }
    unsigned loaded(std::size_t crossbar) const override { return static_cast<unsigned>(registers_[crossbar].count()); }
    std::optional<GslVector> select(std::size_t crossbar, unsigned slot) override {
        return registers_[crossbar].of_slot(static_cast<int>(slot), segments_);
    }

private:
    std::vector<GslVectors> registers_; ///< empty when locked
    const int segments_;
};

/// One selector a crossbar. Crossbars have at most GslPins::kSegments segments and kVectors vectors.
class GslPinBank final : public GslBank {
public:
    /// `name` is the scope of the twins. Throws UserError for rtl without Verilator, ModelError for more than there are
    /// pins for.
    GslPinBank(Implementation kind, std::size_t crossbars, int n, int segments, PinClock* clock,
               const std::string& name);

    bool load(std::size_t crossbar, const GslVectors& vectors) override;
    void zeroise(std::size_t first, std::size_t crossbars) override;
    void reset() override;
    unsigned loaded(std::size_t crossbar) const override {
        return static_cast<unsigned>(ports_[crossbar].out().loaded);
    }
    std::optional<GslVector> select(std::size_t crossbar, unsigned slot) override;
    std::int64_t clocks() const override;
    const Mismatch* mismatch() const override;
    void record(TwinWave* wave) override;

private:
    std::vector<PinPort<GslPins>> ports_;
    const Word n_;
    const Word used_; ///< the segments that crossbars have
};

} // namespace veilram
