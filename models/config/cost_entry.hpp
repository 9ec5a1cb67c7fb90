// One line of a cost table: what an event costs and how we know.
#pragma once

#include "models/base/units.hpp"
#include "models/config/visitor.hpp"

#include <string>

namespace veilram {

/// How a figure came to be.
enum class CostBasis {
    read,    ///< stands so in the source
    derived, ///< computed from figures of the source
    assumed, ///< nobody published it; the source says why this value
};
template <> const Choices<CostBasis>& choices<CostBasis>();

/// Where a figure stands, how it came to be, and for which process.
struct Origin {
    std::string source;
    CostBasis basis = CostBasis::assumed;
    std::string technology;
};

/// In YAML `{time: 50 ns, energy: 60 pJ, source: "text", basis: read, technology: 32 nm}`; all five are required, a
/// cost that is nothing is written `0 ps` or `0 fJ`.
struct CostEntry : Origin {
    Cost cost;
};
/// A cost table lists its entries by `v.cost("read", c.read, required("one crossbar read"))`.
void fields(FieldVisitor& v, CostEntry& entry);

/// What a component draws and takes, likewise: `{power: 16 mW, area: 9600 um2, source: "text", basis: read, technology:
/// 32 nm}`.
struct ComponentEntry : Origin {
    Component component;
};
void fields(FieldVisitor& v, ComponentEntry& entry);

} // namespace veilram
