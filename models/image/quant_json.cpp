#include "models/image/quant_json.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace veilram {
namespace {

constexpr std::size_t kMaxOutputs = 1 << 24;

void check_finite(const std::vector<float>& values, const std::string& where) {
    for (const float value : values)
        if (!std::isfinite(value))
            throw UserError(where + ": a value is not finite; the trained network is broken, train or export it again");
}

} // namespace

Json encode_input(const InputFormat& input) { return {{"mean", input.mean}, {"std", input.std}}; }

InputFormat decode_input(const JsonView& json, const Graph& graph) {
    InputFormat input;
    const auto channels = static_cast<std::size_t>(graph.in_shape.front());
    for (auto [key, values] : {std::pair{"mean", &input.mean}, std::pair{"std", &input.std}}) {
        const JsonView field = json[key];
        *values = field.numbers(kMaxOutputs);
        if (!values->empty() && values->size() != channels) field.fail("expected a number for each input channel");
        if (values == &input.std && std::count(values->begin(), values->end(), 0.0F) > 0)
            field.fail("a standard deviation is 0");
    }
    return input;
}

Json encode_quant(const LayerQuant& quant) {
    Json json;
    json["input_scale"] = quant.input.scale;
    json["input_zero"] = quant.input.zero;
    json["input_step"] = quant.input.step;
    json["weight_scale"] = quant.weight_scale;
    json["bias"] = quant.bias;
    return json;
}

LayerQuant decode_quant(const JsonView& json, const MatrixShape& shape) {
    LayerQuant quant;
    quant.input.scale = json["input_scale"].number();
    quant.input.zero = json["input_zero"].small(0, kMaxLevel);
    quant.input.step = json["input_step"].small(1, kMaxLevel);
    if (quant.input.zero % quant.input.step != 0) json["input_zero"].fail("expected a multiple of input_step");
    quant.weight_scale = json["weight_scale"].numbers(kMaxOutputs);
    quant.bias = json["bias"].numbers(kMaxOutputs);
    if (!(quant.input.scale > 0)) json["input_scale"].fail("expected a positive number");
    const std::size_t outputs = static_cast<std::size_t>(shape.groups) * static_cast<std::size_t>(shape.outputs);
    for (const char* key : {"weight_scale", "bias"})
        if (json[key].size(kMaxOutputs) != outputs) json[key].fail("expected " + std::to_string(outputs) + " numbers");
    return quant;
}

void check_finite(const Graph& graph, const InputFormat& input, const std::vector<LayerQuant>& layers) {
    for (const Node& node : graph.nodes) {
        const std::string where = "node '" + node.name + "'";
        if (const auto* norm = std::get_if<BatchNorm>(&node.op))
            for (const auto& values : {norm->gamma, norm->beta, norm->mean, norm->variance, {norm->epsilon}})
                check_finite(values, where);
        if (const auto* pad = std::get_if<Pad>(&node.op)) check_finite({pad->value}, where);
    }
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const LayerQuant& quant = layers[l];
        const std::string where = "matrix layer " + std::to_string(l) + " of '" + graph.name + "'";
        for (const auto* values : {&quant.weight_scale, &quant.bias}) check_finite(*values, where);
        check_finite({quant.input.scale}, where);
    }
    check_finite(input.mean, "input mean");
    check_finite(input.std, "input std");
}

} // namespace veilram
