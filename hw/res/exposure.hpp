// How much has been in clear for how long, without a kernel.
#pragma once

#include "models/base/units.hpp"

#include <cstdint>
#include <map>

namespace veilram {

/// Weights in clear times the time for which they were.
class Exposure {
public:
    void open(int layer, std::int64_t weights, Ps now) {
        if (open_.empty()) since_ = now;
        open_[layer] = {weights, now};
    }
    /// `at` may lie in the future: the end of a step that has been ordered.
    void close(int layer, Ps at) {
        const auto found = open_.find(layer);
        if (found == open_.end()) return;
        weight_seconds_ += static_cast<double>(found->second.weights) * seconds(at - found->second.since);
        open_.erase(found);
        if (open_.empty()) time_ += at - since_;
    }
    void close_all(Ps at) {
        while (!open_.empty()) close(open_.begin()->first, at);
    }

    /// In which something was in clear.
    Ps time() const { return time_; }
    double weight_seconds() const { return weight_seconds_; }

private:
    struct Layer {
        std::int64_t weights = 0;
        Ps since;
    };

    std::map<int, Layer> open_;
    Ps since_;
    Ps time_;
    double weight_seconds_ = 0.0;
};

} // namespace veilram
