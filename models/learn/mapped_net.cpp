#include "models/learn/mapped_net.hpp"

#include "models/base/diagnostics.hpp"
#include "models/learn/batches.hpp"

#include <utility>

namespace veilram {
namespace {

constexpr std::size_t kEvaluationBatch = 64;

/// Every matrix gets a bias: the tuner moves it to make up for the mean error of an output's lines.
Graph with_biases(Graph graph) {
    const auto fill = [](const Tensor& weight, std::vector<float>& bias) {
        bias.resize(static_cast<std::size_t>(weight.dim(0)));
    };
    for (const std::size_t i : matrix_nodes(graph)) {
        if (auto* conv = std::get_if<Conv>(&graph.nodes[i].op)) fill(conv->weight, conv->bias);
        if (auto* dense = std::get_if<Dense>(&graph.nodes[i].op)) fill(dense->weight, dense->bias);
    }
    return graph;
}

void check_folded(const Graph& graph) {
    for (const Node& node : graph.nodes)
        if (std::holds_alternative<BatchNorm>(node.op))
            throw UserError("node '" + node.name +
                            "' is a batch_norm that cannot be folded into a conv or dense node before it; "
                            "such a network cannot be tuned");
}

/// What the 8-bit input register makes of `input`; the gradient passes straight through, but not where the register
/// clips.
torch::Tensor quantised(const torch::Tensor& input, const ActivationQuant& quant) {
    const double step = static_cast<double>(quant.scale) * quant.step / kLevels;
    const int zero = quant.zero / quant.step, most = kMaxLevel / quant.step;
    const torch::Tensor clipped = input.clamp(-zero * step, (most - zero) * step);
    return clipped + (torch::round(clipped / step) * step - clipped).detach();
}

/// Adds the realised weights of one crossbar, [2n slots][outputs], to the layer's matrix [groups * M][K].
void add_crossbar(const std::vector<std::int32_t>& realised, const CrossbarPlan& plan, const MatrixShape& shape,
                  const std::vector<float>& scale, Tensor& weight) {
    for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot) {
        if (plan.inputs[slot] < 0) continue;
        for (int o = 0; o < plan.outputs; ++o) {
            const auto output = static_cast<std::size_t>(plan.group * shape.outputs + plan.first_output + o);
            const std::size_t at =
                output * static_cast<std::size_t>(shape.inputs) + static_cast<std::size_t>(plan.inputs[slot]);
            const auto counts = static_cast<float>(
                realised[slot * static_cast<std::size_t>(plan.outputs) + static_cast<std::size_t>(o)]);
            weight.data[at] = counts * scale[output] / kLevels;
        }
    }
}

/// Gives one output's weights `factor` times their size and a new bias.
void rescale(Tensor& weight, std::vector<float>& bias, std::size_t output, double factor, float new_bias) {
    const std::size_t inputs = weight.size() / bias.size();
    float* row = weight.data.data() + output * inputs;
    for (std::size_t k = 0; k < inputs; ++k) row[k] = static_cast<float>(row[k] * factor);
    bias[output] = new_bias;
}

} // namespace

Tensor realised_weight(const Compiled& compiled, std::size_t layer, const Shape& shape) {
    const Program& program = compiled.program;
    const LayerProgram& lines = program.layers[layer];
    const LayerSecrets& secrets = compiled.secrets[layer];
    const MatrixShape matrix = matrix_shape(program.graph.nodes[matrix_nodes(program.graph)[layer]].op);
    Tensor weight(shape);
    for (std::size_t c = 0; c < lines.crossbars.size(); ++c) {
        const auto number = static_cast<std::uint32_t>(lines.first_crossbar + c);
        const NvmPart& nvm = compiled.image.nvm;
        const MappedCrossbar crossbar{nvm.cells[number], true_signs(program, nvm.signs[number], secrets, number)};
        const auto realised =
            realised_weights(crossbar, lines.crossbars[c], program.scheme, program.array, secrets.gsl[c]);
        add_crossbar(realised, lines.crossbars[c], matrix, lines.quant.weight_scale, weight);
    }
    return weight;
}

MappedNet::MappedNet(const Graph& folded, std::vector<ActivationQuant> activations, const CompileConfig& config,
                     Calibration calibration, TunedPart part)
    : config_(config), activations_(std::move(activations)), calibration_(std::move(calibration)), part_(part),
      net_(with_biases(folded)) {
    check_folded(folded);
    if (activations_.size() != net_.matrix_count())
        throw ModelError("tuning needs one input quantiser per matrix layer: " + std::to_string(net_.matrix_count()) +
                         ", got " + std::to_string(activations_.size()));
    if (part_ == TunedPart::all)
        calibration_.network = {};
    else if (calibration_.network.nodes.empty())
        calibration_.network = net_.graph();
    for (std::size_t layer = 0; layer < net_.matrix_count(); ++layer)
        gain_.push_back(torch::ones_like(net_.bias(layer)).requires_grad_());
    if (part_ == TunedPart::outputs) {
        if (config_.quant.outputs == OutputScale::re_estimated) take_re_estimated();
        config_.quant.outputs = OutputScale::trained;
    }
    solve();
}

/// Whole outputs are scaled, so their quantised weights and hence the cells stay as they are.
void MappedNet::take_re_estimated() {
    Graph graph = net_.graph();
    const Compiled compiled = compile(graph, activations_, config_, store_, calibration_);
    const std::vector<std::size_t> nodes = matrix_nodes(graph);
    for (std::size_t layer = 0; layer < nodes.size(); ++layer) {
        Op& op = graph.nodes[nodes[layer]].op;
        const LayerQuant& quant = compiled.program.layers[layer].quant;
        const std::vector<float> before = quantise_for(config_.map, op, config_.quant.weights).scale;
        for (std::size_t o = 0; o < before.size(); ++o) {
            const double factor = static_cast<double>(quant.weight_scale[o]) / before[o];
            if (auto* conv = std::get_if<Conv>(&op)) rescale(conv->weight, conv->bias, o, factor, quant.bias[o]);
            if (auto* dense = std::get_if<Dense>(&op)) rescale(dense->weight, dense->bias, o, factor, quant.bias[o]);
        }
    }
    net_.set(graph);
}

void MappedNet::take_gains() {
    const torch::NoGradGuard no_grad;
    for (std::size_t layer = 0; layer < gain_.size(); ++layer) {
        torch::Tensor weight = net_.weight(layer), gain = gain_[layer];
        std::vector<std::int64_t> each(static_cast<std::size_t>(weight.dim()), 1);
        each[0] = -1;
        weight.mul_(gain.reshape(each));
        gain.fill_(1);
    }
}

std::vector<torch::Tensor> MappedNet::parameters() const {
    if (part_ == TunedPart::all) return net_.parameters();
    std::vector<torch::Tensor> outputs = gain_;
    for (std::size_t layer = 0; layer < net_.matrix_count(); ++layer) outputs.push_back(net_.bias(layer));
    return outputs;
}

void MappedNet::solve() {
    take_gains();
    auto mapped = std::make_unique<Mapped>();
    mapped->graph = net_.graph();
    mapped->compiled = compile(mapped->graph, activations_, config_, store_, calibration_);
    mapped->compiled.image.nvm = store_.part();
    mapped->engine =
        std::make_unique<ScEngine>(mapped->compiled.program, mapped->compiled.image.nvm, mapped->compiled.secrets);
    for (std::size_t layer = 0; layer < net_.matrix_count(); ++layer) {
        mapped->weight.push_back(net_.weight(layer).detach().clone());
        mapped->bias.push_back(net_.bias(layer).detach().clone());
        mapped->realised.push_back(
            config_.map.fits_cells()
                ? mapped->weight.back()
                : to_torch(realised_weight(mapped->compiled, layer, net_.weight(layer).sizes().vec())));
    }
    mapped_ = std::move(mapped);
}

void MappedNet::settle(double pull) {
    const torch::NoGradGuard no_grad;
    for (std::size_t layer = 0; layer < net_.matrix_count(); ++layer) {
        torch::Tensor weight = net_.weight(layer);
        weight += pull * (mapped_->realised[layer] - weight);
        mapped_->weight[layer] = weight.clone();
    }
}

torch::Tensor MappedNet::forward(const torch::Tensor& images) {
    return net_.forward(images, TorchNet::Mode::eval,
                        [this](std::size_t layer, const torch::Tensor& input) { return apply(layer, input); });
}

torch::Tensor MappedNet::apply(std::size_t layer, const torch::Tensor& input) {
    const Mapped& m = *mapped_;
    const torch::Tensor x = quantised(input, activations_[layer]);
    const torch::Tensor bit_true = to_torch(m.engine->apply(layer, net_.matrix_node(layer), from_torch(input), 0));
    const torch::Tensor ideal = net_.multiply(layer, x, m.realised[layer]);
    const torch::Tensor change = net_.multiply(layer, x.detach(), net_.weight(layer) - m.weight[layer]);
    const auto by_output = [&ideal](const torch::Tensor& values) {
        return ideal.dim() == 4 ? values.reshape({1, -1, 1, 1}) : values;
    };
    // Its value is the bit-true product and what the weights changed since; its gradient is the exact product's.
    const torch::Tensor product = (bit_true - by_output(m.bias[layer]) - ideal).detach() + ideal + change;
    return by_output(gain_[layer]) * product + by_output(net_.bias(layer));
}

double MappedNet::accuracy(const Dataset& data) const {
    return veilram::accuracy(mapped_->compiled.program.graph, *mapped_->engine, data, config_.input, kEvaluationBatch);
}

} // namespace veilram
