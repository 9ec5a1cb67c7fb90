#include "models/image/level_program.hpp"

#include "models/base/diagnostics.hpp"
#include "models/image/graph_json.hpp"
#include "models/image/quant_json.hpp"

#include <limits>

namespace veilram {
namespace {

constexpr const char* kDigits = "0123456789abcdef";

std::string hex(const Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

Digest from_hex(const JsonView& json) {
    const std::string text = json.text();
    Digest digest{};
    if (text.size() != 2 * digest.size() || text.find_first_not_of(kDigits) != std::string::npos)
        json.fail("expected " + std::to_string(2 * digest.size()) + " hex digits");
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(std::stoul(text.substr(2 * i, 2), nullptr, 16));
    return digest;
}

LevelProgram decode_checked(const JsonView& json) {
    LevelProgram program;
    json["format"].integer(kLevelFormat, kLevelFormat);
    program.version = static_cast<std::uint32_t>(json["version"].integer(0, UINT32_MAX));
    program.encrypted = json["encrypted"].flag();
    program.graph = decode_graph(json["graph"]);
    program.input = decode_input(json["input"], program.graph);
    const JsonView layers = json["layers"];
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    if (layers.size(nodes.size()) != nodes.size())
        layers.fail("expected one layer for each of the " + std::to_string(nodes.size()) + " conv and dense nodes");
    for (std::size_t l = 0; l < nodes.size(); ++l) {
        program.layers.push_back(decode_quant(layers[l], matrix_shape(program.graph.nodes[nodes[l]].op)));
        program.cells.push_back(from_hex(layers[l]["cells"]));
    }
    return program;
}

} // namespace

std::string encode(const LevelProgram& program) {
    check_finite(program.graph, program.input, program.layers);
    Json json{{"format", kLevelFormat}, {"version", program.version}, {"encrypted", program.encrypted}};
    json["input"] = encode_input(program.input);
    json["graph"] = encode_graph(program.graph);
    json["layers"] = Json::array();
    for (std::size_t l = 0; l < program.layers.size(); ++l) {
        json["layers"].push_back(encode_quant(program.layers[l]));
        json["layers"].back()["cells"] = hex(program.cells.at(l));
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace); // names of foreign networks may not be UTF-8
}

LevelProgram decode_level_program(const std::string& text) {
    Json json;
    try {
        json = Json::parse(text);
    } catch (const Json::exception&) {
        throw UserError("program: not a JSON text; the image is damaged or foreign, encrypt the network again");
    }
    return decode_checked(JsonView(json, ""));
}

} // namespace veilram
