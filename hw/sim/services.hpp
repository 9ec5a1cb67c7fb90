// The services every block offers to the outside: figures and waves.
#pragma once

#include "models/base/stats.hpp"

#include <systemc>

#include <vector>

namespace veilram {

class TraceFile;

/// A block that counts.
class StatProvider {
public:
    virtual ~StatProvider() = default;
    virtual void collect(StatGroup& out) const = 0;
    virtual Fj energy() const = 0;
};

/// A block with something to see in a waveform.
class Traceable {
public:
    virtual ~Traceable() = default;
    virtual void add_traces(TraceFile& file) const = 0;
};

/// Figures of every block below `root`, in hierarchy order.
std::vector<Stat> collect_stats(const sc_core::sc_object& root);
/// Dynamic energy of every block below `root`.
Fj total_energy(const sc_core::sc_object& root);

} // namespace veilram
