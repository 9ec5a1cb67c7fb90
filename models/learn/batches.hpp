// Which images are learned from and which are held back, and in which order they come. No libtorch.
#pragma once

#include "models/base/random.hpp"
#include "models/data/dataset.hpp"
#include "models/image/program.hpp"
#include "models/nn/infer.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace veilram {

/// Shuffles in place (Fisher-Yates): the same on every platform, unlike std::shuffle.
void shuffle(std::vector<std::size_t>& indices, Rng& rng);

/// Indices of a data set's images.
struct Parts {
    std::vector<std::size_t> learned, validation;
};
/// Holds `share` of `count` images back, chosen at random. With the same seed a smaller share is a part of a larger
/// one, so that a network can be tuned on the data that it was trained on without validating with what it has seen.
/// Throws UserError unless both parts get an image.
Parts split_parts(std::size_t count, double share, std::uint64_t seed);

/// The chosen images as a data set of their own.
Dataset subset(const Dataset& data, const std::vector<std::size_t>& indices);

/// Share of `data` whose largest logit is at the label, `batch` images at a time.
double accuracy(const Graph& graph, MatrixEngine& engine, const Dataset& data, const InputFormat& format,
                std::size_t batch);

/// Throws UserError when the images or labels do not fit the network.
void check_fits(const Graph& graph, const Dataset& data);
/// Throws UserError naming `field` unless `value` > 0.
void check_positive(const std::string& field, double value);

} // namespace veilram
