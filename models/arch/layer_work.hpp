// What a layer asks of an accelerator, whatever that is.
#pragma once

#include "models/nn/graph.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// One conv or dense layer, for one image.
struct LayerWork {
    std::string name;
    std::int64_t positions = 1; ///< outputs of one channel
    int inputs = 0;             ///< of one output
    int outputs = 0;            ///< of one group
    int groups = 1;
    std::int64_t input_elements = 0; ///< of its input tensor

    std::int64_t weights() const { return std::int64_t{inputs} * outputs * groups; }
    std::int64_t output_elements() const { return positions * outputs * groups; }
    std::int64_t products() const { return weights() * positions; }
};

/// Of every conv and dense layer, in execution order.
std::vector<LayerWork> layer_work(const Graph& graph);

} // namespace veilram
