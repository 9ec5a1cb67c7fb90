// Functional fidelity: bit-true stochastic computing on the cells of an image, without a kernel.
#pragma once

#include "models/image/image.hpp"
#include "models/image/program.hpp"
#include "models/nn/quantise.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace veilram {

/// Streams of every level for one slot pair: row L has the stream of level L. `sign_row` is the stored row, masked or
/// not: its bits are the converter's source.
BitMatrix stream_table(const Program& program, const Word* sign_row, const StartTable& start);

/// Signs of one crossbar as a device with these secrets sees them: its stored rows, unmasked when the program masks
/// them.
BitMatrix true_signs(const Program& program, const BitMatrix& stored, const LayerSecrets& secrets,
                     std::uint32_t crossbar);

/// Per output of the layer: sum over the inputs of the signed weight that the cells realise under these secrets. For
/// the true secrets these are LayerSecrets::weight_sums; a thief has to work them out for his guesses.
std::vector<std::int32_t> realised_weight_sums(const Program& program, const NvmPart& nvm, std::size_t layer,
                                               const LayerSecrets& secrets);

/// What a device with these cells and these secrets computes. The owner's device has the true secrets; a pirate's has
/// guesses.
class ScEngine final : public LevelEngine {
public:
    /// Keeps references to `program` and `nvm`; they must outlive the engine. Throws ModelError when cells or secrets
    /// do not fit the program.
    ScEngine(const Program& program, const NvmPart& nvm, std::vector<LayerSecrets> secrets);

protected:
    Accumulators accumulate(std::size_t layer, int group, const Patches& patches) override;
    int unit() const override { return 1; }
    std::vector<std::int32_t> weight_sums(std::size_t layer, int group) override;

private:
    void add_crossbar(std::size_t layer, std::size_t index, const Patches& patches, Accumulators& result) const;

    const Program& program_;
    const NvmPart& nvm_;
    std::vector<LayerSecrets> secrets_;
    std::vector<MatrixShape> shapes_; ///< of the matrix layers
};

} // namespace veilram
