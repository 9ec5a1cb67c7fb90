// Waveforms: a VCD file and the GTKWave view that opens it nicely.
#pragma once

#include "hw/sim/services.hpp"

#include <systemc>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace veilram {

/// A VCD file, open for as long as the object lives. Build it after the system; signals join until time goes on.
class TraceFile {
public:
    /// `path` ends in ".vcd". `secrets` lets signals added by add_secret into the file; of all signals only those enter
    /// whose whole name one of the patterns in `select` fits (as file names in a shell), or all when there is none.
    /// Throws UserError when `path` cannot be written.
    TraceFile(const std::string& path, bool secrets, std::vector<std::string> select = {});
    ~TraceFile();
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    /// Adds every Traceable below `root`.
    void add_all(const sc_core::sc_object& root);

    /// Throws UserError that names every pattern which no signal fits.
    void check_selection() const;

    /// Traces `variable` of `owner` as "<owner>.<signal>".
    template <class T> void add(const sc_core::sc_object& owner, const T& variable, const std::string& signal) {
        const std::string full = std::string(owner.name()) + "." + signal;
        if (!is_selected(full)) return;
        sc_core::sc_trace(file_, variable, full);
        signals_.push_back({full, Width<T>::kBits});
    }
    /// An enumeration traced as a number; `names` become its translation in the GTKWave view.
    void add_enum(const sc_core::sc_object& owner, const unsigned& variable, const std::string& signal,
                  const std::vector<std::string>& names);
    /// A signal that shows a secret: left out unless the file was opened with secrets.
    template <class T> void add_secret(const sc_core::sc_object& owner, const T& variable, const std::string& signal) {
        if (secrets_) add(owner, variable, signal);
    }

    /// Writes `path` (.gtkw) and its enum translations beside it: groups by module, opened at the first signals.
    /// Returns the names of these files.
    std::vector<std::string> write_view(const std::string& path) const;

    /// Ends the file; nothing is recorded from then on. Throws UserError when it is not whole, such as on a full disk.
    void close();

private:
    bool is_selected(const std::string& name);

    template <class T> struct Width {
        static constexpr std::size_t kBits = std::is_same_v<T, bool> ? 1 : 8 * sizeof(T);
    };
    template <class T, sc_core::sc_writer_policy P> struct Width<sc_core::sc_signal<T, P>> : Width<T> {};
    template <int N> struct Width<sc_dt::sc_bv<N>> { static constexpr std::size_t kBits = N; };

    struct Signal {
        std::string name;
        std::size_t bits;
    };

    std::string vcd_;
    bool secrets_;
    std::vector<std::string> select_;
    std::set<std::string> fitting_; ///< patterns of select_ that some signal fits
    sc_core::sc_trace_file* file_;  ///< nullptr once closed
    std::vector<Signal> signals_;
    std::map<std::string, std::vector<std::string>> translations_; ///< of enumerations, by signal
};

} // namespace veilram
