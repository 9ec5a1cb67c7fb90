// What has to happen at a block's pins before its tests have seen enough.
#pragma once

#include "tb/cosim/blocks.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace veilram {

/// Points of one block, and how often each was met.
class FunctionalCoverage {
public:
    using Hit = std::function<void(const std::string& point)>;
    using Observer = std::function<void(const Word* before, const Word* inputs, const Word* after, const Hit& hit)>;

    explicit FunctionalCoverage(const CosimBlock& block);

    /// One clock: outputs before the edge, inputs, outputs after it.
    void observe(const Word* before, const Word* inputs, const Word* after);

    std::size_t points() const { return hits_.size(); }
    std::size_t met() const { return points() - missed().size(); }
    std::vector<std::string> missed() const;

private:
    std::map<std::string, std::int64_t> hits_;
    Observer observer_;
};

} // namespace veilram
