#include "tb/system/platform_test.hpp"

#include "models/image/sc_engine.hpp"
#include "models/nn/infer.hpp"

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_int_distribution.hpp>

#include <algorithm>
#include <cstring>

namespace veilram::test {
namespace {

Tensor random_weights(const Shape& shape, Rng& rng) {
    Tensor tensor(shape);
    boost::random::normal_distribution<double> normal(0.0, 0.3);
    for (auto& value : tensor.data) value = static_cast<float>(normal(rng));
    return tensor;
}

Tensor random_images(std::size_t count) {
    Tensor images({static_cast<std::int64_t>(count), 1, 8, 8});
    Rng rng = make_rng(3, "images");
    boost::random::uniform_int_distribution<int> byte(0, 255);
    for (auto& value : images.data) value = static_cast<float>(byte(rng)) / 255.0F;
    return images;
}

ChipCosts test_costs() {
    ChipCosts costs;
    costs.array_read = {Ps{88'000}, Fj{60'000}};
    costs.word_line = {Ps{0}, Fj{390}};
    costs.adc_conversion = {Ps{781}, Fj{1'667}};
    costs.cell_write = {Ps{50'000}, Fj{600}};
    costs.sign_row_read = {Ps{10'000}, Fj{468}};
    costs.inject = {Ps{833}, Fj{100}};
    costs.start_table_load = {Ps{26'656}, Fj{320'000}};
    costs.lfsr_bit = {Ps{833}, Fj{80}};
    costs.gsl_vector_load = {Ps{833}, Fj{576}};
    costs.gsl_zeroise = {Ps{833}, Fj{4'608}};
    costs.gsl_line_switch = {Ps{1'000}, Fj{26'667}};
    costs.accumulate = {Ps{833}, Fj{21}};
    costs.digital_element = {Ps{833}, Fj{230}};
    costs.mask_row = {Ps{18'326}, Fj{57'024}};
    costs.aes_block = {Ps{13'328}, Fj{192'000}};
    costs.sha_block = {Ps{54'145}, Fj{400'000}};
    costs.key_sram_word = {Ps{833}, Fj{10'000}};
    costs.dram_access = {Ps{35'600}, Fj{1'200'000}};
    costs.dram_burst = {Ps{10'000}, Fj{4'340'000}};
    costs.host_access = {Ps{10'000}, Fj{0}};
    costs.power_ramp = {Ps{100'000'000}, Fj{0}};
    return costs;
}

} // namespace

Graph Scenario::small_graph() {
    Rng rng = make_rng(7, "small graph");
    Conv conv;
    conv.window.kernel_h = conv.window.kernel_w = 3;
    conv.weight = random_weights({4, 1, 3, 3}, rng);
    conv.bias = {0.1F, -0.1F, 0.0F, 0.2F};
    MaxPool pool;
    pool.window.kernel_h = pool.window.kernel_w = pool.window.stride_h = pool.window.stride_w = 2;
    Dense dense;
    dense.weight = random_weights({5, 36}, rng);
    Graph graph;
    graph.name = "small";
    graph.in_shape = {1, 8, 8};
    graph.nodes = {{"conv", conv, {0}, {}},
                   {"relu", Relu{}, {1}, {}},
                   {"pool", pool, {2}, {}},
                   {"flatten", Flatten{}, {3}, {}},
                   {"dense", dense, {4}, {}}};
    infer_shapes(graph);
    return graph;
}

Graph Scenario::grouped_graph() {
    Rng rng = make_rng(8, "grouped graph");
    Graph graph = small_graph();
    Conv conv;
    conv.groups = 4;
    conv.window.kernel_h = conv.window.kernel_w = 3;
    conv.weight = random_weights({8, 1, 3, 3}, rng);
    Conv head;
    head.window.kernel_h = head.window.kernel_w = 4;
    head.weight = random_weights({5, 8, 4, 4}, rng);
    graph.nodes = {graph.nodes[0],
                   graph.nodes[1],
                   {"grouped", conv, {2}, {}},
                   {"head", head, {3}, {}},
                   {"flatten", Flatten{}, {4}, {}}};
    infer_shapes(graph);
    return graph;
}

CompileConfig Scenario::small_config() {
    CompileConfig config;
    config.map.n = 2;
    return config;
}

Scenario::Scenario(CompileConfig cfg, Graph network)
    : config(std::move(cfg)), graph(std::move(network)), activations(calibrate(graph, random_images(8), config.quant)),
      compiled(compile(graph, activations, config, random_images(8))), root_key(load_root_key(config.keys)) {}

ChipConfig Scenario::chip() const {
    ChipConfig chip;
    chip.array = config.array;
    chip.adc = config.adc;
    chip.crossbars = compiled.program.crossbar_count();
    chip.n = config.map.vectors();
    chip.layers = static_cast<std::uint32_t>(compiled.program.layers.size());
    chip.root_key = root_key;
    chip.costs = test_costs();
    return chip;
}

std::vector<std::uint8_t> Scenario::pixels(std::uint64_t seed) const {
    Rng rng = make_rng(seed, "pixels");
    boost::random::uniform_int_distribution<int> byte(0, 255);
    std::vector<std::uint8_t> image(static_cast<std::size_t>(element_count(graph.in_shape)));
    for (auto& value : image) value = static_cast<std::uint8_t>(byte(rng));
    return image;
}

std::vector<float> Scenario::expected(const std::vector<std::uint8_t>& image) const {
    ScEngine engine(compiled.program, compiled.image.nvm, compiled.secrets);
    const Tensor input = to_tensor(image.data(), 1, graph.in_shape, compiled.program.input);
    return infer(compiled.program.graph, input, engine).data;
}

void PlatformTest::simulate(const Scenario& scenario, const ChipConfig& chip, const std::function<void()>& body,
                            const std::optional<DramSpec>& dram) {
    const Bytes memory = flatten(scenario.compiled.image.memory);
    system_ = std::make_unique<System>("system", chip, memory.size(), dram);
    host().body = [&] {
        host().program(scenario.compiled.image.nvm);
        host().load_memory(memory);
        body();
    };
    run(sc_core::sc_time(1, sc_core::SC_SEC));
}

Bytes PlatformTest::visible_to_a_thief(const Scenario& scenario) {
    Bytes seen = host().dump_memory(flatten(scenario.compiled.image.memory).size());
    // Registers and windows, then cells and sign cells: whatever debug transport lets through.
    for (const std::uint64_t base : {std::uint64_t{0}, reg::kInput, reg::kLogits, reg::kCells, reg::kSigns}) {
        Bytes window(1U << 18U);
        tlm::tlm_generic_payload trans;
        trans.set_command(tlm::TLM_READ_COMMAND);
        trans.set_address(base);
        trans.set_data_ptr(window.data());
        trans.set_data_length(static_cast<unsigned>(window.size()));
        trans.set_streaming_width(static_cast<unsigned>(window.size()));
        window.resize(host().isock->transport_dbg(trans));
        seen.insert(seen.end(), window.begin(), window.end());
    }
    return seen;
}

std::vector<Bytes> secret_strings(const Scenario& scenario) {
    std::vector<Bytes> strings;
    const auto add = [&](const void* data, std::size_t size) {
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        strings.emplace_back(bytes, bytes + size);
    };
    for (const auto& layer : scenario.compiled.secrets) {
        for (const auto& crossbar : layer.gsl)
            for (const auto& vector : crossbar.vectors) add(vector.data(), vector.size() * sizeof(Word));
        add(layer.start.data(), 32);
        add(layer.mask_key.data(), layer.mask_key.size());
    }
    add(scenario.root_key.data(), scenario.root_key.size());
    return strings;
}

bool contains(const Bytes& haystack, const Bytes& needle) {
    return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

} // namespace veilram::test
