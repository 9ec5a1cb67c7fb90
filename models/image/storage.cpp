#include "models/image/storage.hpp"

#include "models/sfge/key.hpp"

namespace veilram {
namespace {

constexpr int kWeightBits = 8;

double ratio(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::int64_t secret_bits(const Program& program, std::size_t layer, KeyScope scope, bool masked) {
    if (scope == KeyScope::network && layer > 0) return 0;
    return key_bits({program.layers[layer].crossbars.size()}, scope, program.n, program.array, masked);
}

Storage of_layer(const Program& program, std::size_t layer, KeyScope scope) {
    const std::size_t node = matrix_nodes(program.graph)[layer];
    const MatrixShape shape = matrix_shape(program.graph.nodes[node].op);
    const bool masked = program.signs.mode == SignMode::masked;
    Storage storage;
    storage.weights = std::int64_t{shape.groups} * shape.inputs * shape.outputs;
    storage.crossbars = static_cast<std::int64_t>(program.layers[layer].crossbars.size());
    storage.cells = storage.crossbars * program.array.rows * program.array.cols;
    const bool no_signs = program.signed_lines() && program.converter.kind == ConverterKind::lfsr; // nobody reads them
    storage.sign_cells = no_signs ? 0 : storage.crossbars * program.n * program.array.sign_bits();
    storage.places = storage.crossbars * program.slots() * program.array.row_pairs();
    storage.key_bits = secret_bits(program, layer, scope, masked);
    storage.mask_bits = storage.key_bits - secret_bits(program, layer, scope, false);
    return storage;
}

} // namespace

double Storage::utilisation() const { return ratio(weights, places); }
double Storage::ratio_to_plain(int bits) const { return ratio(bits * (cells + sign_cells), kWeightBits * weights); }
double Storage::mean_abs_error() const { return ratio(absolute_error, weights); }

Storage& Storage::operator+=(const Storage& other) {
    weights += other.weights;
    crossbars += other.crossbars;
    cells += other.cells;
    sign_cells += other.sign_cells;
    places += other.places;
    key_bits += other.key_bits;
    mask_bits += other.mask_bits;
    flip_bits += other.flip_bits;
    sealed_bytes += other.sealed_bytes;
    absolute_error += other.absolute_error;
    return *this;
}

StorageReport report_storage(const Program& program, const MemoryPart& memory, KeyScope scope) {
    StorageReport report;
    const std::vector<std::size_t> nodes = matrix_nodes(program.graph);
    for (std::size_t l = 0; l < program.layers.size(); ++l) {
        report.layers.push_back({program.graph.nodes[nodes[l]].name, of_layer(program, l, scope)});
        report.layers.back().storage.sealed_bytes = static_cast<std::int64_t>(memory.sealed.at(l).size());
        report.total += report.layers.back().storage;
    }
    report.program_bytes = static_cast<std::int64_t>(memory.program.size());
    return report;
}

void note_flips(StorageReport& report, const std::vector<LayerSecrets>& secrets, const MemoryPart& memory) {
    report.total = {};
    for (std::size_t l = 0; l < report.layers.size(); ++l) {
        Storage& storage = report.layers[l].storage;
        const std::size_t of_a_flip = bits_for(static_cast<std::size_t>(storage.weights)) + 1; // which, and its bit
        storage.flip_bits = static_cast<std::int64_t>(secrets.at(l).flips.size() * of_a_flip);
        storage.key_bits += storage.flip_bits;
        storage.sealed_bytes = static_cast<std::int64_t>(memory.sealed.at(l).size());
        report.total += storage;
    }
}

} // namespace veilram
