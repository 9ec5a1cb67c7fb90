// Records the waveforms of a run: of SystemC's modules and, beside it, of RTL twins.
#pragma once

#include "hw/sim/trace.hpp"
#include "hw/top/veilram.hpp"
#include "models/base/units.hpp"

#include <systemc>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace veilram {

struct RecorderConfig {
    std::string folder;
    std::string name;                ///< of the files, without suffix
    bool secrets = false;            ///< secret signals too, and what is inside RTL twins
    std::vector<std::string> select; ///< only signals whose whole name one of these patterns fits; empty: all
    Ps from;                         ///< nothing is recorded before
    Ps to;                           ///< nor after; 0: to the end
};

/// Records every block below `root`; build it beside, before the simulation starts. Writes <name>.vcd and <name>.gtkw,
/// and with secrets and twins <name>_rtl.vcd, all with the same time.
class Recorder final : public sc_core::sc_module {
public:
    SC_HAS_PROCESS(Recorder);
    /// `chip`: whose RTL twins are recorded, if any.
    Recorder(const sc_core::sc_module_name& name, const RecorderConfig& cfg, const sc_core::sc_object& root,
             VeilRam* chip = nullptr);
    ~Recorder() override;

    /// Ends the recording, if it has not ended, and returns the names of its files, the waveform first; none when the
    /// time to record never came. Throws UserError when they could not be written whole.
    std::vector<std::string> finish();

private:
    void window_thread();
    void keep_errors(const std::function<void()>& action);
    void open();
    void close();

    const RecorderConfig cfg_;
    const sc_core::sc_object& root_;
    VeilRam* const chip_;
    std::unique_ptr<TwinWave> twins_;
    std::unique_ptr<TraceFile> trace_;
    std::vector<std::string> files_;
    std::exception_ptr error_;
    bool finished_ = false;
};

} // namespace veilram
