// Keys of sparse fast gradient encryption for the networks of a configuration.
#pragma once

#include "tb/cli/run_config.hpp"

#include <optional>

namespace veilram {

/// Passes over the first `sfge.images` training images of the configuration. In `veilram`, which has no libtorch, this
/// starts the whole command again in `veilram-learn`: call it before any work. Throws UserError where that was not
/// built, and when there are fewer images.
GradientsOf image_gradients(const RunConfig& config);

/// image_gradients(), or nothing where `sfge` needs none.
GradientsOf key_gradients(const RunConfig& config);

/// The key that `sfge` asks for, of a network as imported, with what key_gradients() gave.
SfgeKey choose_key(const Graph& graph, const RunConfig& config, const GradientsOf& gradients_of);

/// The signs to be flipped in the network that goes onto 1T4R crossbars; nothing for `sfge.kind: none`. Throws
/// UserError when the configuration asks for what such crossbars cannot do.
std::optional<SfgeKey> choose_sign_flips(const RunConfig& config, const GradientsOf& gradients_of);

} // namespace veilram
