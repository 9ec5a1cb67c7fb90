// Training images moved by whole pixels: how many networks of small images were trained.
#pragma once

#include "models/base/random.hpp"
#include "models/data/dataset.hpp"

namespace veilram {

/// Each image moved by at most `pixels` in both directions, at random, what comes into sight being black, and with
/// `mirror` half of them left to right.
Dataset shifted(const Dataset& images, int pixels, bool mirror, Rng& rng);

} // namespace veilram
