// Waveforms: a VCD file and the GTKWave view that opens it nicely.
#pragma once

#include "hw/sim/services.hpp"

#include <systemc>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

namespace veilram {

/// A VCD file, open for as long as the object lives. Build it after the system and before the first sc_start.
class TraceFile {
public:
    /// `path` ends in ".vcd". `secrets` lets signals added by add_secret into the file.
    TraceFile(const std::string& path, bool secrets);
    ~TraceFile();
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    /// Adds every Traceable below `root`.
    void add_all(const sc_core::sc_object& root);

    /// Traces `variable` of `owner` as "<owner>.<signal>".
    template <class T> void add(const sc_core::sc_object& owner, const T& variable, const std::string& signal) {
        const std::string full = std::string(owner.name()) + "." + signal;
        sc_core::sc_trace(file_, variable, full);
        signals_.push_back({full, std::is_same_v<T, bool> ? 1 : 8 * sizeof(T)});
    }
    /// An enumeration traced as a number; `names` become its translation in the GTKWave view.
    void add_enum(const sc_core::sc_object& owner, const unsigned& variable, const std::string& signal,
                  const std::vector<std::string>& names);
    /// A signal that shows a secret: left out unless the file was opened with secrets.
    template <class T> void add_secret(const sc_core::sc_object& owner, const T& variable, const std::string& signal) {
        if (secrets_) add(owner, variable, signal);
    }

    /// Writes `path` (.gtkw) and its enum translations beside it: groups by module, opened at the first signals.
    void write_view(const std::string& path) const;

private:
    struct Signal {
        std::string name;
        std::size_t bits;
    };
    struct Translation {
        std::string signal;
        std::vector<std::string> names;
    };

    std::string vcd_;
    bool secrets_;
    sc_core::sc_trace_file* file_;
    std::vector<Signal> signals_;
    std::vector<Translation> translations_;
};

} // namespace veilram
