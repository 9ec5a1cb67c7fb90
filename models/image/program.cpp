#include "models/image/program.hpp"

#include "models/base/diagnostics.hpp"
#include "models/image/graph_json.hpp"
#include "models/image/quant_json.hpp"

#include <algorithm>
#include <limits>

namespace veilram {
namespace {

constexpr std::uint32_t kProgramFormat = 1;
constexpr int kMaxRows = 1 << 12;
constexpr std::size_t kMaxCrossbars = 1 << 22;

Json encode_array(const ArrayGeometry& array) {
    return {{"rows", array.rows}, {"cols", array.cols}, {"segment", array.segment}};
}

ArrayGeometry decode_array(const JsonView& json) {
    ArrayGeometry array;
    array.rows = json["rows"].small(2, kMaxRows);
    array.cols = json["cols"].small(1, kMaxRows);
    array.segment = json["segment"].small(1, array.cols);
    try {
        check_array(array);
    } catch (const UserError& error) {
        json.fail(error.what());
    }
    return array;
}

Json encode_converter(const ConverterConfig& converter) {
    return {{"kind", converter.kind == ConverterKind::sign_bit ? "sign_bit" : "lfsr"},
            {"lfsr_seed", converter.lfsr_seed}};
}

ConverterConfig decode_converter(const JsonView& json) {
    ConverterConfig converter;
    converter.kind = static_cast<ConverterKind>(json["kind"].choice({"sign_bit", "lfsr"}));
    converter.lfsr_seed = static_cast<std::uint8_t>(json["lfsr_seed"].small(0, 255));
    return converter;
}

Json encode_adc(const AdcConfig& adc) {
    return {{"bits", adc.bits}, {"overflow", adc.overflow == AdcOverflow::saturate ? "saturate" : "truncate"}};
}

AdcConfig decode_adc(const JsonView& json) {
    AdcConfig adc;
    adc.bits = json["bits"].small(1, 16);
    adc.overflow = static_cast<AdcOverflow>(json["overflow"].choice({"saturate", "truncate"}));
    return adc;
}

const char* generator_name(MaskGenerator generator) {
    switch (generator) {
    case MaskGenerator::trivium:
        return "trivium";
    case MaskGenerator::aes_ctr:
        return "aes_ctr";
    case MaskGenerator::lfsr:
        return "lfsr";
    }
    throw ModelError("unknown mask generator");
}

Json encode_signs(const SignConfig& signs) {
    return {{"mode", signs.mode == SignMode::public_signs ? "public" : "masked"},
            {"generator", generator_name(signs.generator)}};
}

SignConfig decode_signs(const JsonView& json) {
    SignConfig signs;
    signs.mode = static_cast<SignMode>(json["mode"].choice({"public", "masked"}));
    signs.generator = static_cast<MaskGenerator>(json["generator"].choice({"trivium", "aes_ctr", "lfsr"}));
    return signs;
}

Json encode_layer(const LayerProgram& layer) {
    Json json = encode_quant(layer.quant);
    json["first_crossbar"] = layer.first_crossbar;
    json["crossbars"] = Json::array();
    for (const CrossbarPlan& plan : layer.crossbars)
        json["crossbars"].push_back({{"group", plan.group},
                                     {"first_output", plan.first_output},
                                     {"outputs", plan.outputs},
                                     {"inputs", plan.inputs}});
    return json;
}

CrossbarPlan decode_plan(const JsonView& json, const Program& program, const MatrixShape& shape) {
    CrossbarPlan plan;
    plan.group = json["group"].small(0, shape.groups - 1);
    plan.first_output = json["first_output"].small(0, shape.outputs - 1);
    plan.outputs = json["outputs"].small(1, std::min(program.array.row_pairs(), shape.outputs - plan.first_output));
    const JsonView inputs = json["inputs"];
    const auto slots = static_cast<std::size_t>(2 * program.n);
    if (inputs.size(slots) != slots) inputs.fail("expected " + std::to_string(slots) + " slots");
    for (const std::int64_t input : inputs.integers(slots, -1, shape.inputs - 1))
        plan.inputs.push_back(static_cast<std::int32_t>(input));
    const auto used = plan.inputs.begin() + program.slots();
    if (std::any_of(used, plan.inputs.end(), [](std::int32_t input) { return input >= 0; }))
        inputs.fail("expected -1 in the second half: balanced slots have a vector of their own");
    return plan;
}

LayerProgram decode_layer(const JsonView& json, const Program& program, const MatrixShape& shape) {
    LayerProgram layer;
    layer.quant = decode_quant(json, shape);
    const JsonView plans = json["crossbars"];
    const std::size_t count = plans.size(kMaxCrossbars);
    for (std::size_t x = 0; x < count; ++x) layer.crossbars.push_back(decode_plan(plans[x], program, shape));
    const std::int64_t first = program.crossbar_count();
    layer.first_crossbar = static_cast<std::uint32_t>(json["first_crossbar"].integer(first, first));
    return layer;
}

void decode_layers(const JsonView& json, Program& program) {
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    if (json.size(nodes.size()) != nodes.size())
        json.fail("expected one layer for each of the " + std::to_string(nodes.size()) + " conv and dense nodes");
    for (std::size_t l = 0; l < nodes.size(); ++l)
        program.layers.push_back(decode_layer(json[l], program, matrix_shape(program.graph.nodes[nodes[l]].op)));
}

Program decode_checked(const JsonView& json) {
    Program program;
    program.format = static_cast<std::uint32_t>(json["format"].integer(kProgramFormat, kProgramFormat));
    program.version = static_cast<std::uint32_t>(json["version"].integer(0, UINT32_MAX));
    program.array = decode_array(json["array"]);
    program.scheme = static_cast<MapScheme>(json["scheme"].choice({"paper", "balanced"}));
    program.n = json["n"].small(1, kMaxVectors);
    program.converter = decode_converter(json["converter"]);
    program.adc = decode_adc(json["adc"]);
    program.signs = decode_signs(json["signs"]);
    program.graph = decode_graph(json["graph"]);
    program.input = decode_input(json["input"], program.graph);
    decode_layers(json["layers"], program);
    return program;
}

} // namespace

void check_array(const ArrayGeometry& array) {
    const auto fail = [](const std::string& field, int value, const std::string& expected) {
        throw UserError("crossbar " + field + " is " + std::to_string(value) + ", expected " + expected);
    };
    if (array.rows < 2 || array.rows % 2 != 0 || array.rows > kMaxRows)
        fail("rows", array.rows, "an even number in 2.." + std::to_string(kMaxRows));
    if (array.cols != kLevels) fail("cols", array.cols, "256: a stream has one bit for each of the 256 levels");
    if (array.segment < 1 || array.cols % array.segment != 0) fail("segment", array.segment, "a divisor of cols");
}

std::uint32_t Program::crossbar_count() const {
    std::uint32_t count = 0;
    for (const LayerProgram& layer : layers) count += static_cast<std::uint32_t>(layer.crossbars.size());
    return count;
}

std::string encode(const Program& program) {
    std::vector<LayerQuant> quants;
    for (const LayerProgram& layer : program.layers) quants.push_back(layer.quant);
    check_finite(program.graph, program.input, quants);
    Json json;
    json["format"] = program.format;
    json["version"] = program.version;
    json["array"] = encode_array(program.array);
    json["scheme"] = program.scheme == MapScheme::paper ? "paper" : "balanced";
    json["n"] = program.n;
    json["converter"] = encode_converter(program.converter);
    json["adc"] = encode_adc(program.adc);
    json["signs"] = encode_signs(program.signs);
    json["input"] = encode_input(program.input);
    json["graph"] = encode_graph(program.graph);
    json["layers"] = Json::array();
    for (const LayerProgram& layer : program.layers) json["layers"].push_back(encode_layer(layer));
    return json.dump(-1, ' ', false, Json::error_handler_t::replace); // names of foreign networks may not be UTF-8
}

Program decode_program(const std::string& text) {
    Json json;
    try {
        json = Json::parse(text);
    } catch (const Json::exception&) {
        throw UserError("layer program: not a JSON text; the image is damaged or foreign, compile the network again");
    }
    return decode_checked(JsonView(json, ""));
}

} // namespace veilram
