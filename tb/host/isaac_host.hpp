// Runs whole networks on the baseline's modules: levels and weights of 8 bits, products on its crossbars, digital work
// as in every fidelity.
#pragma once

#include "hw/isaac/isaac_chip.hpp"
#include "hw/sim/request.hpp"
#include "models/base/units.hpp"
#include "models/isaac/isaac_placement.hpp"
#include "models/nn/level_engine.hpp"

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace veilram {

/// The crossbars that a network needs. Throws UserError when the chip has too few.
IsaacMap isaac_map(const IsaacConfig& config, const std::vector<QuantWeights>& weights);

/// Matrix layers on an IsaacChip, exactly (SignedOutputs: a weight is a sign and 8 bits). apply() is for processes of
/// the kernel only: it waits until the layer has been computed, groups side by side.
class IsaacHost final : public sc_core::sc_module, public LevelEngine {
public:
    RequestInitiator<IsaacHost, IsaacLayerRequest> layer_isock{"layer_isock"};
    RequestInitiator<IsaacHost, IsaacOperation> isock{"isock"};
    /// Lets the time of a layer pass; wait() unless the owner has something else to look at.
    std::function<void(const sc_core::sc_time&)> spend = [](const sc_core::sc_time& time) { sc_core::wait(time); };

    IsaacHost(const sc_core::sc_module_name& name, int bits, std::vector<LayerQuant> layers,
              std::vector<QuantWeights> weights);
    ~IsaacHost() override;

    /// Puts every layer's weights into the chip: the factory's work. Throws UserError when it has too few crossbars.
    void program();
    /// Of the matrix layers so far.
    Ps time() const { return time_; }

    Tensor apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) override;

protected:
    Accumulators accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t first_image) override;
    int unit() const override { return kLevels; }
    /// What the crossbars themselves say: an operation whose inputs are all 1. None where inputs have no zero point,
    /// for which the sums do not count.
    std::vector<std::int32_t> weight_sums(std::size_t layer, int group) override;

private:
    std::vector<std::int32_t> matrix(const QuantWeights& weights, int group) const;

    const SignedOutputs signed_;
    std::vector<std::int64_t> operate(std::size_t layer, int group, const std::vector<std::uint32_t>& inputs);

    const std::vector<QuantWeights> weights_;
    std::vector<bool> has_zero_;                       ///< by layer: whether its inputs have a zero point
    std::vector<std::vector<std::size_t>> numbers_;    ///< of a layer's groups on the chip
    sc_core::sc_time longest_ = sc_core::SC_ZERO_TIME; ///< of the operations that the layer at work has asked for
    Ps time_;
};

} // namespace veilram
