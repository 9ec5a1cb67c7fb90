// Functional fidelity: bit-true stochastic computing on the cells of an image, without a kernel.
#pragma once

#include "models/device/noisy_sum.hpp"
#include "models/image/image.hpp"
#include "models/image/program.hpp"
#include "models/image/sign_flips.hpp"
#include "models/nn/level_engine.hpp"
#include "models/sc/row_adder.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Signs of one crossbar as a device with these secrets sees them: its stored rows, unmasked when the program masks
/// them.
BitMatrix true_signs(const Program& program, const BitMatrix& stored, const LayerSecrets& secrets,
                     std::uint32_t crossbar);

/// Per output of the layer: sum over the inputs of the signed weight that the cells realise under these secrets. For
/// the true secrets these are LayerSecrets::weight_sums; a thief has to work them out for his guesses.
std::vector<std::int32_t> realised_weight_sums(const Program& program, const NvmSource& nvm, std::size_t layer,
                                               const LayerSecrets& secrets);

/// What the slot's streams are made from. `sign_row` is its stored row, masked or not: its bits are the converter's
/// source.
StreamSource stream_source(const Program& program, const Word* sign_row, const StartTable& start);

/// What a device with these cells and these secrets computes. The owner's device has the true secrets; a pirate's has
/// guesses. Cells are taken from their source layer by layer, tables of counts are made block by block while they are
/// used, on all threads: memory does not grow with the network.
class ScEngine final : public LevelEngine {
public:
    /// Keeps references to `program` and `nvm`; they must outlive the engine. Throws ModelError when cells or secrets
    /// do not fit the program.
    /// `device` says how far the chip's cells are from ideal ones; then conductances of all cells are kept, two bytes
    /// each.
    ScEngine(const Program& program, const NvmSource& nvm, std::vector<LayerSecrets> secrets,
             const DeviceConfig& device = {});

protected:
    Accumulators accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t first_image) override;
    int unit() const override { return program_.unit(); }
    std::vector<std::int32_t> weight_sums(std::size_t layer, int group) override;

private:
    class GroupWork;
    bool is_noisy() const { return device_.is_noisy(); }
    void measure_cells();

    const Program& program_;
    const std::vector<LayerSecrets> secrets_;
    const FlippedSigns nvm_; ///< as unlocked: signs that are flipped at rest are right
    const DeviceConfig device_;
    std::vector<std::vector<AnalogBlock>> analog_; ///< by crossbar and block of row pairs; none for ideal cells
    std::vector<MatrixShape> shapes_;              ///< of the matrix layers
};

} // namespace veilram
