// Calibration images on their way through the float network and through the mapped one, side by side: each layer is
// fitted to what the layers before it really give (docs/model.md, section 5).
#pragma once

#include "models/base/random.hpp"
#include "models/image/nvm.hpp"
#include "models/image/program.hpp"
#include "models/mapping/mapper.hpp"
#include "models/nn/quantise.hpp"
#include "models/nn/walk.hpp"

#include <cstddef>
#include <vector>

namespace veilram {

/// Stands at one matrix layer after the other, in both networks.
class CalibrationRun {
public:
    /// Keeps references to `graph`, the float network, folded, and to `images` [N, C, H, W].
    CalibrationRun(const Graph& graph, const Tensor& images);

    /// Input of the present layer in the mapped network.
    const Tensor& mapped_input() const { return *mapped_.operands().at(0); }
    /// How often levels occur at the present layer's inputs in the float network. What a channel's are estimated from:
    /// its own, and some of all the layer's, for a channel that was silent on these images may speak on others.
    LayerLevels levels(const ActivationQuant& quant) const;
    /// `count` positions of the present layer's outputs, spread evenly over the images and in random order: levels of
    /// the mapped network, and outputs of the float network. `scale`: s_w of each output.
    OutputSamples samples(std::size_t count, const ActivationQuant& quant, const std::vector<float>& scale,
                          Rng rng) const;

    /// Goes on to the next layer with what the mapped one made of its input, `output`, whose scale and bias are
    /// `quant`'s. Returns the scale and bias with which every output's mean and deviation are the wanted ones - they
    /// are the mapped network's from here on; outputs that never change keep their scale.
    LayerQuant correct(Tensor output, LayerQuant quant);

private:
    void go_on();

    Walk float_, mapped_;
    Tensor wanted_; ///< output of the present layer in the float network
};

/// Gives the outputs of a network that is mapped already the mean and the deviation that they have in `graph`, the
/// float network it was made from, on `images`: a new scale and bias for each.
void re_estimate_outputs(Program& program, const NvmSource& nvm, const std::vector<LayerSecrets>& secrets,
                         const Graph& graph, const Tensor& images);

} // namespace veilram
