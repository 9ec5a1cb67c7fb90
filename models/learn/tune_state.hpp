// A tuning run between two mappings, kept in a file. For this folder: knows libtorch.
#pragma once

#include "models/learn/tune.hpp"

#include <torch/torch.h>

#include <string>
#include <vector>

namespace veilram {

struct TuneState {
    std::string key;
    int step = 0;
    std::string rng;                ///< as the generator writes itself
    std::vector<std::size_t> order; ///< of the learned images
    TuneResult result;
    Graph graph; ///< the weights as they were mapped
};

/// Writes the state and that of the optimiser, whole or not at all. Throws UserError when it cannot.
void save(const TuneState& state, const torch::optim::Optimizer& optimiser, const std::string& path);
/// Reads them; the graphs of `state` give the topology. False, and everything as before, when there is no such file, it
/// is damaged, or of another key.
bool load(TuneState& state, torch::optim::Optimizer& optimiser, const std::string& path, const std::string& key);

} // namespace veilram
