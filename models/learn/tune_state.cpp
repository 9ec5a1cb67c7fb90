#include "models/learn/tune_state.hpp"

#include "models/base/file.hpp"
#include "models/learn/torch_net.hpp"

#include <filesystem>

namespace veilram {
namespace {

using torch::serialize::InputArchive;
using torch::serialize::OutputArchive;

std::string place(const std::string& what, std::size_t i) { return what + std::to_string(i); }

/// Weight and bias of every matrix node, and nothing else: a tuned graph is folded.
template <class Visit> void visit_values(Graph& graph, Visit visit) {
    for (const std::size_t i : matrix_nodes(graph)) {
        if (auto* conv = std::get_if<Conv>(&graph.nodes[i].op)) visit(i, conv->weight.data, conv->bias);
        if (auto* dense = std::get_if<Dense>(&graph.nodes[i].op)) visit(i, dense->weight.data, dense->bias);
    }
}

void write_graph(OutputArchive& archive, const std::string& name, Graph graph) {
    visit_values(graph, [&](std::size_t i, const std::vector<float>& weight, const std::vector<float>& bias) {
        archive.write(place(name + "_weight", i), torch::tensor(weight));
        archive.write(place(name + "_bias", i), torch::tensor(bias));
    });
}

void read_floats(InputArchive& archive, const std::string& name, std::vector<float>& values) {
    torch::Tensor tensor;
    archive.read(name, tensor);
    values.assign(tensor.data_ptr<float>(), tensor.data_ptr<float>() + tensor.numel());
}

void read_graph(InputArchive& archive, const std::string& name, Graph& graph) {
    visit_values(graph, [&](std::size_t i, std::vector<float>& weight, std::vector<float>& bias) {
        read_floats(archive, place(name + "_weight", i), weight);
        read_floats(archive, place(name + "_bias", i), bias);
    });
}

torch::Tensor table_of(const std::vector<SolveReport>& solves) {
    std::vector<double> table;
    for (const SolveReport& s : solves)
        table.insert(table.end(), {static_cast<double>(s.step), s.loss, s.validation_accuracy, s.mean_abs_error});
    return torch::tensor(table, torch::kDouble).reshape({-1, 4});
}

std::vector<SolveReport> solves_of(const torch::Tensor& table) {
    std::vector<SolveReport> solves;
    for (std::int64_t i = 0; i < table.size(0); ++i) {
        const double* row = table.data_ptr<double>() + 4 * i;
        solves.push_back({static_cast<int>(row[0]), row[1], row[2], row[3]});
    }
    return solves;
}

void read_state(InputArchive& archive, TuneState& state) {
    c10::IValue value;
    archive.read("step", value);
    state.step = static_cast<int>(value.toInt());
    archive.read("rng", value);
    state.rng = value.toStringRef();
    archive.read("validation_accuracy", value);
    state.result.validation_accuracy = value.toDouble();
    torch::Tensor order, solves;
    archive.read("order", order);
    archive.read("solves", solves);
    state.order.assign(order.data_ptr<std::int64_t>(), order.data_ptr<std::int64_t>() + order.numel());
    state.result.solves = solves_of(solves);
    read_graph(archive, "best", state.result.graph);
    read_graph(archive, "mapped", state.graph);
}

} // namespace

void save(const TuneState& state, const torch::optim::Optimizer& optimiser, const std::string& path) {
    OutputArchive archive, inner;
    archive.write("key", c10::IValue(state.key));
    archive.write("step", c10::IValue(std::int64_t{state.step}));
    archive.write("rng", c10::IValue(state.rng));
    archive.write("validation_accuracy", c10::IValue(state.result.validation_accuracy));
    archive.write("order", torch::tensor(std::vector<std::int64_t>(state.order.begin(), state.order.end())));
    archive.write("solves", table_of(state.result.solves));
    write_graph(archive, "best", state.result.graph);
    write_graph(archive, "mapped", state.graph);
    optimiser.save(inner);
    archive.write("optimiser", inner);
    std::string bytes;
    archive.save_to([&](const void* data, std::size_t size) {
        bytes.append(static_cast<const char*>(data), size);
        return size;
    });
    write_file(path, bytes);
}

bool load(TuneState& state, torch::optim::Optimizer& optimiser, const std::string& path, const std::string& key) {
    if (!std::filesystem::exists(path)) return false;
    const std::string bytes = read_file(path);
    TuneState read = state;
    try {
        InputArchive archive, inner;
        archive.load_from(bytes.data(), bytes.size());
        c10::IValue value;
        archive.read("key", value);
        if (value.toStringRef() != key) return false;
        read_state(archive, read);
        archive.read("optimiser", inner);
        optimiser.load(inner);
    } catch (const c10::Error&) { // damaged
        return false;
    }
    read.key = key;
    state = std::move(read);
    return true;
}

} // namespace veilram
