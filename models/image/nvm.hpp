// Cells and signs of a chip's crossbars, wherever they lie: in memory or in an image's file.
#pragma once

#include "models/base/bits.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace veilram {

struct NvmPart;

/// Some crossbars in a row; valid as long as its source.
struct NvmView {
    const BitMatrix* cells = nullptr;     ///< one per crossbar
    const BitMatrix* signs = nullptr;     ///< one per crossbar
    std::shared_ptr<const NvmPart> owner; ///< of crossbars that were read for this view
};

/// Engines take crossbars from it layer by layer, so that a network larger than the memory can run. Several threads may
/// ask at once.
class NvmSource {
public:
    virtual ~NvmSource() = default;
    virtual std::size_t crossbars() const = 0;
    /// Crossbars first..first+count-1. Throws ModelError when there are fewer, UserError when a file cannot be read.
    virtual NvmView view(std::size_t first, std::size_t count) const = 0;
};

/// Non-volatile part of an image, in memory: what a thief finds in the chip.
struct NvmPart final : NvmSource {
    std::vector<BitMatrix> cells; ///< one per crossbar: rows x cols
    std::vector<BitMatrix> signs; ///< one per crossbar: n rows of sign_bits(), masked or not as the program says

    std::size_t crossbars() const override { return cells.size(); }
    NvmView view(std::size_t first, std::size_t count) const override;
};

} // namespace veilram
