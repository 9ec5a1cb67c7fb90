#include "tb/host/host.hpp"

#include "hw/res/res_core.hpp"
#include "hw/sim/base_protocol.hpp"
#include "models/base/diagnostics.hpp"
#include "tb/host/debug_all.hpp"

#include <string>
#include <utility>

namespace veilram {
Host::Host(const sc_core::sc_module_name& name) : sc_module(name) {
    SC_THREAD(run_thread);
    set_stack_size(4 * 1024 * 1024); // the body may run inference, checks and streams
    rst_no.initialize(true);
}

Host::~Host() = default;

void Host::run_thread() {
    body();
    sc_core::sc_stop();
}

tlm::tlm_response_status Host::transfer(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t size) {
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    const auto status = access(isock, command, address, data, size, delay);
    wait(delay);
    return status;
}

std::uint32_t Host::read(std::uint64_t address) {
    std::uint32_t value = 0;
    const auto status = transfer(tlm::TLM_READ_COMMAND, address, &value, sizeof value);
    if (status != tlm::TLM_OK_RESPONSE) throw ModelError("register " + std::to_string(address) + " cannot be read");
    return value;
}

tlm::tlm_response_status Host::write(std::uint64_t address, std::uint32_t value) {
    return transfer(tlm::TLM_WRITE_COMMAND, address, &value, sizeof value);
}

ChipStatus Host::status() {
    const std::uint32_t bits = read(reg::kStatus);
    return {bits & reg::kStatusStateMask, (bits & reg::kStatusBusy) != 0, (bits & reg::kStatusFailed) != 0,
            (bits & reg::kStatusRail) != 0, read(reg::kFault)};
}

void Host::power_on() {
    power_good_o.write(true);
    powered_ = true;
    write(reg::kIrqStatus, 1); // of a former life
    write(reg::kIrqEnable, 1);
    while (!status().rail) wait(sc_core::sc_time(1, sc_core::SC_US));
}

bool Host::wait_done() {
    while (powered_ && (read(reg::kIrqStatus) & 1U) == 0)
        if (!irq_i.read()) wait(irq_i.posedge_event()); // it may have risen during the read
    return powered_ && write(reg::kIrqStatus, 1) == tlm::TLM_OK_RESPONSE;
}

bool Host::boot() { return command(reg::kCtrlBoot) == tlm::TLM_OK_RESPONSE && end_boot(); }

bool Host::end_boot() {
    if (!wait_done()) return false;
    const auto state = static_cast<ResState>(status().state);
    return state == ResState::locked || state == ResState::compute;
}

bool Host::load_input(const std::uint8_t* pixels, std::size_t size, std::size_t images) {
    std::vector<std::uint8_t> copy(pixels, pixels + size);
    return size == images * read(reg::kInputSize) &&
           write(reg::kBatch, static_cast<std::uint32_t>(images)) == tlm::TLM_OK_RESPONSE &&
           transfer(tlm::TLM_WRITE_COMMAND, reg::kInput, copy.data(), size) == tlm::TLM_OK_RESPONSE;
}

std::vector<float> Host::infer(const std::uint8_t* pixels, std::size_t size, std::size_t images) {
    if (!load_input(pixels, size, images)) return {};
    return command(reg::kCtrlInfer) == tlm::TLM_OK_RESPONSE ? end_infer() : std::vector<float>();
}

std::vector<float> Host::end_infer() {
    if (!wait_done() || status().failed) return {};
    std::vector<float> logits(read(reg::kLogitCount));
    const auto status = transfer(tlm::TLM_READ_COMMAND, reg::kLogits, logits.data(), logits.size() * sizeof(float));
    return status == tlm::TLM_OK_RESPONSE ? logits : std::vector<float>();
}

bool Host::power_off() {
    if (command(reg::kCtrlPowerOff) == tlm::TLM_OK_RESPONSE) return end_power_off();
    cut_power();
    return false;
}

bool Host::end_power_off() {
    const bool orderly = wait_done() && !status().failed;
    cut_power();
    return orderly;
}

void Host::reset() {
    rst_no.write(false);
    wait(sc_core::sc_time(1, sc_core::SC_NS));
    rst_no.write(true);
    wait(sc_core::sc_time(1, sc_core::SC_NS));
    write(reg::kIrqEnable, 1);
}

void Host::cut_power() {
    powered_ = false;
    power_good_o.write(false);
    wait(sc_core::sc_time(1, sc_core::SC_NS));
}

void Host::pull_plug() {
    cut_power();
    while (status().rail) wait(sc_core::sc_time(1, sc_core::SC_NS));
}

void Host::dip_power(const sc_core::sc_time& duration) {
    power_good_o.write(false);
    wait(duration);
    power_good_o.write(true);
    wait(sc_core::sc_time(1, sc_core::SC_NS));
}

void Host::program(const NvmSource& nvm) {
    std::uint64_t cells = reg::kCells;
    std::uint64_t signs = reg::kSigns;
    for (std::size_t c = 0; c < nvm.crossbars(); ++c) {
        const NvmView view = nvm.view(c, 1);
        Bytes bytes = to_bytes(*view.cells);
        debug_all(isock, tlm::TLM_WRITE_COMMAND, cells, bytes);
        cells += bytes.size();
        bytes = to_bytes(*view.signs);
        debug_all(isock, tlm::TLM_WRITE_COMMAND, signs, bytes);
        signs += bytes.size();
    }
}

void Host::load_memory(const Bytes& content) {
    Bytes copy = content;
    debug_all(memory_isock, tlm::TLM_WRITE_COMMAND, 0, copy);
}

Bytes Host::dump_memory(std::size_t size) {
    Bytes content(size);
    debug_all(memory_isock, tlm::TLM_READ_COMMAND, 0, content);
    return content;
}

Bytes Host::dump_journal(const Program& shape) {
    const auto row = static_cast<std::uint64_t>((shape.array.sign_bits() + 7) / 8);
    const std::uint64_t signs = std::uint64_t{shape.crossbar_count()} * static_cast<std::uint64_t>(shape.n) * row;
    Bytes journal((shape.layers.size() + static_cast<std::size_t>(shape.array.sign_bits()) - 1) /
                  static_cast<std::size_t>(shape.array.sign_bits()) * row);
    debug_all(isock, tlm::TLM_READ_COMMAND, reg::kSigns + signs, journal);
    return journal;
}

NvmPart Host::dump(const Program& shape) {
    const auto rows = static_cast<std::size_t>(shape.array.rows);
    const auto cols = static_cast<std::size_t>(shape.array.cols);
    const auto n = static_cast<std::size_t>(shape.n);
    const auto sign_bits = static_cast<std::size_t>(shape.array.sign_bits());
    Bytes cells(rows * ((cols + 7) / 8));
    Bytes signs(n * ((sign_bits + 7) / 8));
    NvmPart nvm;
    for (std::uint32_t c = 0; c < shape.crossbar_count(); ++c) {
        debug_all(isock, tlm::TLM_READ_COMMAND, reg::kCells + c * cells.size(), cells);
        debug_all(isock, tlm::TLM_READ_COMMAND, reg::kSigns + c * signs.size(), signs);
        nvm.cells.push_back(from_bytes(cells.data(), cells.size(), rows, cols));
        nvm.signs.push_back(from_bytes(signs.data(), signs.size(), n, sign_bits));
    }
    return nvm;
}

} // namespace veilram
