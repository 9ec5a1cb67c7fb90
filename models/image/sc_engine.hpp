// Functional fidelity: bit-true stochastic computing on the cells of an image, without a kernel.
#pragma once

#include "models/image/image.hpp"
#include "models/image/program.hpp"
#include "models/nn/quantise.hpp"

#include <vector>

namespace veilram {

/// Streams of every level for one slot pair: row L has the stream of level L.
BitMatrix stream_table(const Program& program, const Word* sign_row, const StartTable& start);

/// What a device with these cells and these secrets computes. The owner's device has the true secrets; a pirate's has
/// guesses.
class ScEngine final : public LevelEngine {
public:
    /// Keeps references to `program` and `nvm`; they must outlive the engine.
    ScEngine(const Program& program, const NvmPart& nvm, std::vector<LayerSecrets> secrets);

protected:
    Accumulators accumulate(std::size_t layer, int group, const Patches& patches) override;
    int unit() const override { return 1; }
    std::vector<std::int32_t> weight_sums(std::size_t layer, int group) override;

private:
    const Program& program_;
    const NvmPart& nvm_;
    std::vector<LayerSecrets> secrets_;
};

} // namespace veilram
