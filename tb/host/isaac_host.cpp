#include "tb/host/isaac_host.hpp"

#include "hw/sim/sim_time.hpp"
#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace veilram {
namespace {
constexpr int kWeightBits = 9;      ///< sign and magnitude
constexpr std::int32_t kBias = 128; ///< an array of 8 bits holds -128..127: magnitudes 0..255 less this
} // namespace

IsaacHost::IsaacHost(const sc_core::sc_module_name& name, int bits, std::vector<LayerQuant> layers,
                     std::vector<QuantWeights> weights)
    : sc_module(name), LevelEngine(std::move(layers)), split_(bits < kWeightBits), weights_(std::move(weights)) {}

IsaacHost::~IsaacHost() = default;

void IsaacHost::program() {
    for (std::size_t layer = 0; layer < weights_.size(); ++layer) {
        std::vector<std::size_t> numbers;
        for (int group = 0; group < weights_[layer].shape.groups; ++group) {
            const std::vector<std::int32_t> content = matrix(weights_[layer], group);
            const auto inputs = static_cast<std::size_t>(weights_[layer].shape.inputs);
            IsaacLayerRequest request{&content, inputs, content.size() / inputs, 0};
            auto none = sc_core::SC_ZERO_TIME;
            if (send(layer_isock, request, none) != tlm::TLM_OK_RESPONSE)
                throw UserError("ISAAC has no crossbars left for layer " + std::to_string(layer) +
                                " of the network: choose more tiles");
            numbers.push_back(request.layer);
        }
        numbers_.push_back(std::move(numbers));
    }
}

/// [inputs][outputs], as the chip wants it.
std::vector<std::int32_t> IsaacHost::matrix(const QuantWeights& weights, int group) const {
    std::vector<std::int32_t> content;
    for (int k = 0; k < weights.shape.inputs; ++k)
        for (int o = group * weights.shape.outputs; o < (group + 1) * weights.shape.outputs; ++o) {
            const std::int32_t q = weights.at(o, k);
            if (!split_) {
                content.push_back(q);
                continue;
            }
            content.push_back(std::max(q, 0) - kBias);
            content.push_back(std::max(-q, 0) - kBias);
        }
    return content;
}

/// What both halves of a split weight are biased by goes with the difference.
std::int64_t IsaacHost::sum(const IsaacOperation& operation, std::size_t output) const {
    return split_ ? operation.sums[2 * output] - operation.sums[2 * output + 1] : operation.sums[output];
}

Tensor IsaacHost::apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) {
    longest_ = sc_core::SC_ZERO_TIME;
    Tensor out = LevelEngine::apply(layer, node, input, first_image);
    wait(longest_);
    time_ += to_ps(longest_);
    return out;
}

/// Asks for all positions at once: the chip knows how they follow each other.
Accumulators IsaacHost::accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t /*first_image*/) {
    const int outputs = weights_.at(layer).shape.outputs;
    Accumulators result{levels.positions(), outputs, {}};
    std::vector<std::uint32_t> inputs(static_cast<std::size_t>(levels.inputs()));
    for (std::size_t p = 0; p < levels.positions(); ++p) {
        for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k] = levels.at(p, k);
        IsaacOperation operation{numbers_.at(layer).at(static_cast<std::size_t>(group)), &inputs, {}};
        auto delay = sc_core::SC_ZERO_TIME;
        if (send(isock, operation, delay) != tlm::TLM_OK_RESPONSE)
            throw ModelError("ISAAC refused layer " + std::to_string(layer) +
                             ": its rail is down, or it is not programmed");
        longest_ = std::max(longest_, delay);
        for (std::size_t o = 0; o < static_cast<std::size_t>(outputs); ++o)
            result.acc.push_back(static_cast<std::int32_t>(sum(operation, o)));
    }
    return result;
}

std::vector<std::int32_t> IsaacHost::weight_sums(std::size_t layer, int group) {
    const QuantWeights& weights = weights_.at(layer);
    std::vector<std::int32_t> sums(static_cast<std::size_t>(weights.shape.outputs));
    for (int o = 0; o < weights.shape.outputs; ++o)
        for (int k = 0; k < weights.shape.inputs; ++k)
            sums[static_cast<std::size_t>(o)] += weights.at(group * weights.shape.outputs + o, k);
    return sums;
}

} // namespace veilram
