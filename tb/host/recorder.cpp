#include "tb/host/recorder.hpp"

#include "hw/sim/sim_time.hpp"

#include <utility>

namespace veilram {

Recorder::Recorder(const sc_core::sc_module_name& name, const RecorderConfig& cfg, const sc_core::sc_object& root,
                   VeilRam* chip)
    : sc_module(name), cfg_(cfg), root_(root), chip_(chip) {
    if (cfg_.from == Ps{}) open();
    SC_THREAD(window_thread);
    set_stack_size(1024 * 1024); // file streams and the view of all signals
}

Recorder::~Recorder() = default;

void Recorder::window_thread() {
    if (cfg_.from > Ps{}) {
        wait(to_sc_time(cfg_.from));
        if (finished_) return;
        keep_errors([this] { open(); });
    }
    if (cfg_.to == Ps{}) return;
    wait(to_sc_time(cfg_.to - cfg_.from));
    keep_errors([this] { close(); });
}

/// Nothing that is thrown may reach the kernel: finish() throws it.
void Recorder::keep_errors(const std::function<void()>& action) {
    try {
        action();
    } catch (...) {
        error_ = std::current_exception();
    }
}

void Recorder::open() {
    const std::string path = cfg_.folder + "/" + cfg_.name;
    trace_ = std::make_unique<TraceFile>(path + ".vcd", cfg_.secrets, cfg_.select);
    trace_->add_all(root_);
    trace_->check_selection();
    if (!cfg_.secrets || chip_ == nullptr || !chip_->has_rtl()) return;
    twins_ = std::make_unique<TwinWave>(path + "_rtl.vcd");
    chip_->record(twins_.get());
}

std::vector<std::string> Recorder::finish() {
    finished_ = true;
    if (trace_) close();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return files_;
}

void Recorder::close() {
    if (!trace_) return;
    files_ = {cfg_.name + ".vcd"};
    if (twins_) {
        chip_->record(nullptr);
        twins_.reset();
        files_.push_back(cfg_.name + "_rtl.vcd");
    }
    const std::unique_ptr<TraceFile> trace = std::move(trace_);
    trace->close();
    for (const std::string& file : trace->write_view(cfg_.folder + "/" + cfg_.name + ".gtkw")) files_.push_back(file);
}

} // namespace veilram
