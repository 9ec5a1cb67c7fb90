// Training a graph's weights from scratch.
#pragma once

#include "models/data/dataset.hpp"
#include "models/image/program.hpp"
#include "models/learn/augment.hpp"
#include "models/nn/graph.hpp"

#include <cstdint>
#include <vector>

namespace veilram {

/// `adamw`: Adam with decoupled weight decay; `sgd`: stochastic gradient descent with Nesterov's momentum.
enum class Optimiser { adamw, sgd };

struct TrainConfig {
    Optimiser optimiser = Optimiser::adamw;
    int epochs = 24;
    int batch = 64;
    double learning_rate = 2e-3; ///< at the start; falls to 0 along half a cosine
    double weight_decay = 0.05;
    double validation_share = 1.0 / 16;
    std::uint64_t seed = 1; ///< of the first weights, the validation part, the order of the images and the augmentation
    Augment augment;
};

/// How one epoch went.
struct EpochReport {
    double loss = 0.0;                ///< mean cross-entropy over the training part
    double validation_accuracy = 0.0; ///< 0..1
};

struct TrainResult {
    Graph graph; ///< as it was after the epoch with the best validation accuracy (the last such)
    std::vector<EpochReport> epochs;
    double validation_accuracy = 0.0;
};

/// Trains the topology of `topology` (its weights are ignored) on `train_set`, a random part of which is held back to
/// choose the best epoch. Never show it a test set. The same arguments give the same weights on the same machine.
/// Throws UserError when the images do not fit the network or a setting makes no sense.
TrainResult train(const Graph& topology, const Dataset& train_set, const InputFormat& format,
                  const TrainConfig& config);

/// Image after image of both sets. Throws UserError when their shapes differ.
Dataset join(const Dataset& first, const Dataset& second);

} // namespace veilram
