// Mapping-aware fine-tuning with the solver in the loop (docs/model.md, section 12).
#pragma once

#include "models/data/dataset.hpp"
#include "models/image/compile.hpp"
#include "models/learn/augment.hpp"
#include "models/nn/graph.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace veilram {

/// What is learned: all weights and biases, or a gain and a bias for each output, which leaves the cells alone.
enum class TunedPart { all, outputs };

/// What the logits are to come close to: the images' labels, or the probabilities that the float network gives to the
/// classes. A network that knows its training images by heart learns little from their labels.
enum class TuneGoal { labels, network };

/// The state of the network right after one mapping.
struct SolveReport {
    int step = 0;
    double loss = 0.0;                ///< mean cross-entropy of the steps since the mapping before
    double validation_accuracy = 0.0; ///< bit-true, 0..1
    double mean_abs_error = 0.0;      ///< mean |line - target|, in counts
};

struct TuneConfig {
    TunedPart part = TunedPart::all;
    TuneGoal goal = TuneGoal::labels;
    int epochs = 2;
    int batch = 64;
    double learning_rate = 5e-4; ///< of Adam at the start; falls to 0 along half a cosine
    int resolve_every = 30;      ///< steps between two mappings of the present weights
    double pull = 0.5; ///< share (0..1) by which every mapping moves the weights towards those that it realised
    double validation_share = 1.0 / 32;
    std::uint64_t seed = 1; ///< of the validation part, the order of the images and the augmentation
    Augment augment;
    std::string
        state_file; ///< where the state after each mapping is kept, to go on from after an interruption; empty: nowhere
    std::string state_key; ///< of what is being tuned: a state with another key is not gone on from
    std::function<void(const SolveReport&)> tell; ///< called after each mapping, its state kept; may be empty
};

struct TuneResult {
    Graph graph; ///< the weights whose mapping had the best bit-true validation accuracy
    std::vector<SolveReport> solves;
    double validation_accuracy = 0.0;
};

/// Tunes the weights and biases of `folded` (no batch norm left) so that the network computes well on the crossbars
/// that compile() gives for `config`, whose secrets stay the same throughout. Every `resolve_every` steps the present
/// weights are compiled anew. In between, a matrix layer computes the bit-true product with the mapped weights plus the
/// exact product with what the weights changed since; gradients pass straight through quantisation, mapping and
/// streams, as of the exact product with the realised weights. A random part of `train_set` is held back to choose the
/// best mapping; never show it a test set. The same arguments give the same weights on the same machine, interrupted or
/// not. `calibration` is as for MappedNet; its network, by default `folded`, is the one that TuneGoal::network means.
/// Throws UserError when the images do not fit or a setting makes no sense.
TuneResult tune(const Graph& folded, const std::vector<ActivationQuant>& activations, const CompileConfig& config,
                const TuneConfig& tuning, const Dataset& train_set, const Calibration& calibration = {});

} // namespace veilram
