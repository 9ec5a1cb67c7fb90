#include "tb/host/at_rest.hpp"

namespace veilram {

RestComparison compare_with_rest(const NvmPart& dump, const NvmPart& rest, const Program& program,
                                 const std::vector<LayerSecrets>& secrets) {
    RestComparison result;
    NvmPart mended = dump;
    for (std::size_t l = 0; l < secrets.size(); ++l) {
        std::int64_t clear = 0;
        for (const SignFlip& flip : secrets[l].flips) {
            BitMatrix& signs = mended.signs[program.layers[l].first_crossbar + flip.crossbar];
            clear += signs.get(flip.row, flip.column) != flip.at_rest ? 1 : 0;
            signs.set(flip.row, flip.column, flip.at_rest);
        }
        if (clear > 0) result.layers_in_clear.push_back(l);
        result.signs_in_clear += clear;
    }
    result.more = mended.cells != rest.cells || mended.signs != rest.signs;
    return result;
}

} // namespace veilram
