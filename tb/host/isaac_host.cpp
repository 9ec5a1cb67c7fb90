#include "tb/host/isaac_host.hpp"

#include "hw/sim/sim_time.hpp"
#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace veilram {

IsaacMap isaac_map(const IsaacConfig& config, const std::vector<QuantWeights>& weights) {
    std::vector<IsaacMap::Layer> layers;
    for (const auto& [shape, q, scale] : weights)
        layers.push_back({static_cast<std::size_t>(shape.groups), static_cast<std::size_t>(shape.inputs),
                          static_cast<std::size_t>(shape.outputs)});
    return {config, layers};
}

IsaacHost::IsaacHost(const sc_core::sc_module_name& name, int bits, std::vector<LayerQuant> layers,
                     std::vector<QuantWeights> weights)
    : sc_module(name), LevelEngine(layers), signed_(bits), weights_(std::move(weights)) {
    for (const LayerQuant& layer : layers) has_zero_.push_back(layer.input.zero != 0);
}

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
            for (std::size_t part = 0; part < signed_.parts(); ++part) content.push_back(signed_.part_of(q, part));
        }
    return content;
}

Tensor IsaacHost::apply(std::size_t layer, const Node& node, const Tensor& input, std::size_t first_image) {
    longest_ = sc_core::SC_ZERO_TIME;
    Tensor out = LevelEngine::apply(layer, node, input, first_image);
    spend(longest_);
    time_ += to_ps(longest_);
    return out;
}

/// Asks for all operations of a layer at once: the chip knows how they follow each other.
std::vector<std::int64_t> IsaacHost::operate(std::size_t layer, int group, const std::vector<std::uint32_t>& inputs) {
    IsaacOperation operation{numbers_.at(layer).at(static_cast<std::size_t>(group)), &inputs, {}};
    auto delay = sc_core::SC_ZERO_TIME;
    if (send(isock, operation, delay) != tlm::TLM_OK_RESPONSE)
        throw ModelError("ISAAC refused layer " + std::to_string(layer) +
                         ": its rail is down, or it is not programmed");
    longest_ = std::max(longest_, delay);
    std::vector<std::int64_t> sums(static_cast<std::size_t>(weights_.at(layer).shape.outputs));
    for (std::size_t o = 0; o < sums.size(); ++o) sums[o] = signed_.sum(operation.sums, o);
    return sums;
}

Accumulators IsaacHost::accumulate(std::size_t layer, int group, const LevelMap& levels, std::size_t /*first_image*/) {
    Accumulators result{levels.positions(), weights_.at(layer).shape.outputs, {}};
    std::vector<std::uint32_t> inputs(static_cast<std::size_t>(levels.inputs()));
    for (std::size_t p = 0; p < levels.positions(); ++p) {
        for (std::size_t k = 0; k < inputs.size(); ++k) inputs[k] = levels.at(p, k);
        for (const std::int64_t sum : operate(layer, group, inputs))
            result.acc.push_back(static_cast<std::int32_t>(sum));
    }
    return result;
}

std::vector<std::int32_t> IsaacHost::weight_sums(std::size_t layer, int group) {
    std::vector<std::int32_t> sums(static_cast<std::size_t>(weights_.at(layer).shape.outputs));
    if (!has_zero_.at(layer)) return sums;
    const std::vector<std::uint32_t> ones(static_cast<std::size_t>(weights_[layer].shape.inputs), 1);
    const std::vector<std::int64_t> wide = operate(layer, group, ones);
    std::transform(wide.begin(), wide.end(), sums.begin(),
                   [](std::int64_t sum) { return static_cast<std::int32_t>(sum); });
    return sums;
}

} // namespace veilram
