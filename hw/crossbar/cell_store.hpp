// Bits of a non-volatile array behind byte addresses, shared by both kinds of crossbar.
#pragma once

#include "hw/crossbar/write_driver.hpp"
#include "models/base/bits.hpp"

#include <tlm>

#include <algorithm>
#include <cstdint>

namespace veilram {

/// Bits are levels 0 and 1. Row-major, bit i of a row in byte i/8 at position i%8; each row starts at a whole byte.
class CellStore final : public WritableCells {
public:
    CellStore(std::size_t rows, std::size_t cols) : bits_(rows, cols), row_bytes_((cols + 7) / 8) {}

    const BitMatrix& bits() const { return bits_; }
    std::uint64_t size() const { return bits_.rows() * row_bytes_; }

    std::uint8_t read(std::uint64_t address) const {
        const std::uint64_t b = address % row_bytes_;
        return static_cast<std::uint8_t>(bits_.row(address / row_bytes_)[b / 8] >> (8 * (b % 8)));
    }
    /// Returns how many cells changed.
    int write(std::uint64_t address, std::uint8_t value) {
        const std::uint64_t row = address / row_bytes_;
        const std::uint64_t first = address % row_bytes_ * 8;
        int changed = 0;
        for (std::uint64_t i = 0; i < 8 && first + i < bits_.cols(); ++i) {
            const bool bit = ((value >> i) & 1U) != 0;
            if (bits_.get(row, first + i) == bit) continue;
            bits_.set(row, first + i, bit);
            ++changed;
        }
        return changed;
    }
    std::uint8_t level(std::size_t row, std::size_t column) override { return bits_.get(row, column) ? 1 : 0; }
    void set_level(std::size_t row, std::size_t column, std::uint8_t level) override {
        bits_.set(row, column, level != 0);
    }
    /// A plain access that the caller has accepted; returns how many cells changed.
    int access(tlm::tlm_generic_payload& trans) {
        int changed = 0;
        for (unsigned i = 0; i < trans.get_data_length(); ++i) {
            auto& byte = trans.get_data_ptr()[i];
            if (trans.is_write())
                changed += write(trans.get_address() + i, byte);
            else
                byte = read(trans.get_address() + i);
        }
        return changed;
    }
    /// The microscope: reads or writes without time or energy; returns the number of bytes done, clipped to the array.
    unsigned debug(tlm::tlm_generic_payload& trans) {
        const std::uint64_t first = trans.get_address();
        if (first >= size()) return 0;
        const auto count = static_cast<unsigned>(std::min<std::uint64_t>(trans.get_data_length(), size() - first));
        for (unsigned i = 0; i < count; ++i) {
            if (trans.is_write())
                write(first + i, trans.get_data_ptr()[i]);
            else
                trans.get_data_ptr()[i] = read(first + i);
        }
        return count;
    }

private:
    BitMatrix bits_;
    std::uint64_t row_bytes_;
};

} // namespace veilram
