// Networks on plain cells, protected by sparse fast gradient encryption alone.
#pragma once

#include "models/image/level_image.hpp"
#include "tb/cli/run_config.hpp"

#include <vector>

namespace veilram {

struct PlainCells {
    LevelImage clear, encrypted;
    std::vector<std::vector<LevelPatch>> patches; ///< by matrix layer
    std::size_t key_weights = 0, key_bits = 0;
};

/// Puts network.path of a configuration onto plain cells and encrypts them as `sfge` says, with what key_gradients()
/// gave. Throws UserError when it says none.
PlainCells make_plain_cells(const RunConfig& config, const GradientsOf& gradients_of);
/// Throws UserError when sfge.kind is none.
void check_encrypts(const RunConfig& config);

} // namespace veilram
