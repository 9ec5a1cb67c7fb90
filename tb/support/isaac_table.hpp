// Components of ISAAC for tests that read no configuration: ISAAC (ISCA 2016), Table I.
#pragma once

#include "models/isaac/isaac_config.hpp"

namespace veilram::test {

inline IsaacConfig published_isaac() {
    const auto of = [](double milliwatts, std::int64_t area) {
        return Component{Nw{static_cast<std::int64_t>(milliwatts * 1e6 + 0.5)}, Um2{area}};
    };
    IsaacConfig config;
    config.components = {of(16, 9600),   of(4, 170),    of(0.01, 40),    of(2.4, 200),   of(0.2, 240),
                         of(1.24, 2100), of(0.23, 770), of(20.7, 83000), of(7, 90000),   of(42, 151000),
                         of(0.52, 600),  of(0.05, 60),  of(0.4, 240),    of(1.68, 3200), of(10400, 22880000)};
    return config;
}

} // namespace veilram::test
