// A network as its crossbars compute it, differentiable around the last mapping. For this folder: knows libtorch.
#pragma once

#include "models/data/dataset.hpp"
#include "models/image/compile.hpp"
#include "models/image/sc_engine.hpp"
#include "models/learn/torch_net.hpp"
#include "models/learn/tune.hpp"

#include <memory>
#include <vector>

namespace veilram {

/// The weights that the cells of matrix layer `layer` really hold, in the shape of its node's weight: sign * line count
/// * scale / 256.
Tensor realised_weight(const Compiled& compiled, std::size_t layer, const Shape& shape);

class MappedNet {
public:
    /// `calibration` is what compile() fits cells and outputs to, by default of the network as it is now. With
    /// `quant.outputs: re_estimated`, outputs that alone are tuned start as the re-estimated ones; from then on only
    /// the tuning moves them. Where all weights move, every solve re-estimates, for the network as it then is.
    MappedNet(const Graph& folded, std::vector<ActivationQuant> activations, const CompileConfig& config,
              Calibration calibration = {}, TunedPart part = TunedPart::outputs);

    /// Compiles the present weights; from now on forward() is exact for them.
    void solve();
    /// Moves the weights the share `pull` (0..1) of the way to those that the lines hold (fitted cells: not at all),
    /// which forward() keeps computing with. Without it the part of a weight that no mapping can realise grows without
    /// bound, because its gradient never ends.
    void settle(double pull);
    /// Logits as a differentiable function of the weights and biases.
    torch::Tensor forward(const torch::Tensor& images);
    /// Bit-true accuracy of the last mapping.
    double accuracy(const Dataset& data) const;

    TorchNet& net() { return net_; }
    /// What is learned: all weights and biases, or a gain and a bias for each output. Gains scale whole outputs, so
    /// that the cells stay the same from solve to solve.
    std::vector<torch::Tensor> parameters() const;
    /// The weights that were mapped last.
    const Graph& mapped_graph() const { return mapped_->graph; }
    const StorageReport& storage() const { return mapped_->compiled.storage; }

private:
    struct Mapped {
        Graph graph;
        Compiled compiled;
        std::unique_ptr<ScEngine> engine;
        std::vector<torch::Tensor> weight, bias; ///< per layer, as they were when mapped
        /// Per layer: the weights that gradients are taken with. Those that whole lines hold; of fitted cells the
        /// wanted ones, for they make products right, not lines.
        std::vector<torch::Tensor> realised;
    };

    void take_re_estimated();
    void take_gains();
    torch::Tensor apply(std::size_t layer, const torch::Tensor& input);

    CompileConfig config_;
    std::vector<ActivationQuant> activations_;
    Calibration calibration_;
    TunedPart part_;
    TorchNet net_;
    std::vector<torch::Tensor> gain_; ///< per layer, of each output; 1 after a solve
    MemoryStore store_; ///< layers whose cells stay the same are not mapped again
    std::unique_ptr<Mapped> mapped_;
};

} // namespace veilram
