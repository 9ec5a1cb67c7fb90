#include "models/image/sign_flips.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace veilram {
namespace {

/// (output over all groups, input) of a layer to its place.
using Places = std::map<std::pair<int, int>, std::optional<SignFlip>>;

/// Of the wanted weights alone: a layer may have millions.
void find_places(const Program& program, const MatrixShape& shape, const LayerProgram& layer, Places& wanted) {
    for (std::size_t x = 0; x < layer.crossbars.size(); ++x) {
        const CrossbarPlan& plan = layer.crossbars[x];
        const int first = plan.group * shape.outputs + plan.first_output;
        for (std::size_t slot = 0; slot < plan.inputs.size(); ++slot) {
            const auto n = static_cast<std::size_t>(program.n);
            const std::size_t half = slot / n * static_cast<std::size_t>(program.array.row_pairs());
            for (int o = 0; plan.inputs[slot] >= 0 && o < plan.outputs; ++o) {
                const auto place = wanted.find({first + o, plan.inputs[slot]});
                if (place == wanted.end()) continue;
                place->second = SignFlip{static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(slot % n),
                                         static_cast<std::uint32_t>(half) + static_cast<std::uint32_t>(o), false};
            }
        }
    }
}

void flip(BitMatrix& signs, const SignFlip& place) {
    signs.set(place.row, place.column, !signs.get(place.row, place.column));
}

} // namespace

std::vector<SignFlip> sign_places(const Program& program, std::size_t layer,
                                  const std::vector<std::uint32_t>& indices) {
    if (program.signed_lines())
        throw UserError("map.scheme: balanced keeps signs within its lines, where no bit can be flipped for "
                        "sfge.kind: sign_flip; take map.scheme: paper, or sfge.kind: none");
    const MatrixShape shape = matrix_shape(program.graph.nodes[matrix_nodes(program.graph)[layer]].op);
    const auto key_of = [&](std::uint32_t index) {
        const auto inputs = static_cast<std::uint32_t>(shape.inputs);
        return std::pair(static_cast<int>(index / inputs), static_cast<int>(index % inputs));
    };
    Places places;
    for (const std::uint32_t index : indices) places[key_of(index)] = std::nullopt;
    find_places(program, shape, program.layers[layer], places);
    std::vector<SignFlip> flips;
    flips.reserve(indices.size());
    for (const std::uint32_t index : indices) {
        const std::optional<SignFlip>& place = places.at(key_of(index));
        if (!place)
            throw ModelError("no crossbar of layer " + std::to_string(layer) + " holds weight " +
                             std::to_string(index));
        flips.push_back(*place);
    }
    return flips;
}

void add_sign_flips(Compiled& compiled, const NvmSource& clean, const SfgeKey& key, const KeyConfig& keys) {
    if (key.size() != compiled.secrets.size())
        throw ModelError("a key of " + std::to_string(key.size()) + " tensors for " +
                         std::to_string(compiled.secrets.size()) + " layers");
    std::vector<BitMatrix>& signs = compiled.image.nvm.signs;
    for (std::size_t l = 0; l < key.size(); ++l) {
        std::vector<SignFlip>& flips = compiled.secrets[l].flips;
        flips = sign_places(compiled.program, l, key[l].indices);
        for (SignFlip& place : flips) {
            const std::size_t crossbar = compiled.program.layers[l].first_crossbar + place.crossbar;
            place.at_rest = !clean.view(crossbar, 1).signs->get(place.row, place.column);
            if (!signs.empty()) flip(signs[crossbar], place);
        }
    }
    seal_secrets(compiled, keys);
    note_flips(compiled.storage, compiled.secrets, compiled.image.memory);
}

std::size_t count_flips(const std::vector<LayerSecrets>& secrets) {
    std::size_t count = 0;
    for (const LayerSecrets& layer : secrets) count += layer.flips.size();
    return count;
}

FlippedSigns::FlippedSigns(const Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets)
    : nvm_(nvm) {
    const auto rows = static_cast<std::uint32_t>(program.n),
               columns = static_cast<std::uint32_t>(program.array.sign_bits());
    for (std::size_t l = 0; l < secrets.size(); ++l)
        for (const SignFlip& flip : secrets[l].flips) {
            const LayerProgram& layer = program.layers.at(l);
            if (flip.crossbar >= layer.crossbars.size() || flip.row >= rows || flip.column >= columns)
                throw ModelError("a flipped sign of layer " + std::to_string(l) + " lies outside its crossbars");
            flips_.push_back({layer.first_crossbar + flip.crossbar, flip.row, flip.column, flip.at_rest});
        }
    std::stable_sort(flips_.begin(), flips_.end(),
                     [](const SignFlip& a, const SignFlip& b) { return a.crossbar < b.crossbar; });
}

NvmView FlippedSigns::view(std::size_t first, std::size_t count) const {
    NvmView view = nvm_.view(first, count);
    const auto lowest =
        std::partition_point(flips_.begin(), flips_.end(), [&](const SignFlip& flip) { return flip.crossbar < first; });
    const auto end =
        std::partition_point(lowest, flips_.end(), [&](const SignFlip& flip) { return flip.crossbar < first + count; });
    if (lowest == end) return view;
    /// Cells stay where they are.
    struct Flipped {
        std::shared_ptr<const NvmPart> cells;
        NvmPart part;
    };
    const auto flipped = std::make_shared<Flipped>();
    flipped->cells = view.owner;
    flipped->part.signs.assign(view.signs, view.signs + count);
    for (auto place = lowest; place != end; ++place) flip(flipped->part.signs[place->crossbar - first], *place);
    return {view.cells, flipped->part.signs.data(), std::shared_ptr<const NvmPart>(flipped, &flipped->part)};
}

} // namespace veilram
