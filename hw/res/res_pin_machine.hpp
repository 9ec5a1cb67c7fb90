// The scheduler's state machine behind pins.
#pragma once

#include "hw/cycle/pin_port.hpp"
#include "hw/res/res_pins.hpp"

#include <string>
#include <vector>

namespace veilram {

/// Asks a model or a twin, command by command, as ResCore would answer. Images have at most ResPins::kLayers layers.
class ResPinMachine final : public ResMachine {
public:
    /// `name` is the scope of the twin. Throws UserError for rtl without Verilator.
    ResPinMachine(Implementation kind, ResPolicy policy, PinClock* clock, const std::string& name);

    ResState state() const override { return static_cast<ResState>(port_.out().state); }
    ResFault fault() const override { return static_cast<ResFault>(port_.out().fault); }
    LayerState layer_state(int layer) const override;
    const std::vector<int>& open() const override { return open_; }
    bool in_emergency() const override { return emergency_; }

    void power_off() override;
    bool begin_boot(int layers) override;
    bool blob_opened(int layer) override { return command(ResCommand::blob_opened, layer); }
    bool end_boot() override { return command(ResCommand::end_boot); }
    bool begin_unlock(int layer) override;
    bool end_unlock(int layer) override { return command(ResCommand::end_unlock, layer); }
    bool begin_lock(int layer) override { return command(ResCommand::begin_lock, layer); }
    bool end_lock(int layer) override { return command(ResCommand::end_lock, layer); }
    bool begin_shutdown() override { return command(ResCommand::begin_shutdown); }
    bool end_shutdown() override { return command(ResCommand::end_shutdown); }
    void begin_emergency() override;
    void fail(ResFault fault) override;

    std::int64_t clocks() const override { return port_.clocks(); }
    const Mismatch* mismatch() const override { return port_.mismatch(); }
    void record(TwinWave* wave) override { port_.record(wave); }

private:
    bool command(ResCommand command, int layer = -1);
    void note_open();

    const ResPolicy policy_;
    PinPort<ResPins> port_;
    std::vector<int> open_; ///< the pins tell which ones, not in which order
    bool emergency_ = false;
};

} // namespace veilram
