#include "hw/top/host_interface.hpp"

#include "hw/sim/base_protocol.hpp"
#include "hw/sim/sim_time.hpp"
#include "hw/sim/trace.hpp"

#include <algorithm>
#include <cstring>

namespace veilram {

HostInterface::HostInterface(const sc_core::sc_module_name& name, const HostConfig& cfg)
    : sc_module(name), cfg_(cfg), input_(reg::kInputBytes) {
    cell_isock.init(cfg_.crossbars);
    tsock.register_b_transport(this, &HostInterface::b_transport);
    tsock.register_transport_dbg(this, &HostInterface::transport_dbg);
    SC_METHOD(reset_method);
    sensitive << rst_ni.neg();
    dont_initialize();
    SC_METHOD(rail_method);
    sensitive << rail_i.neg();
    dont_initialize();
    SC_METHOD(done_method);
    sensitive << done_i;
    dont_initialize();
    SC_METHOD(irq_method);
    sensitive << irq_ev_;
    dont_initialize();
}

HostInterface::~HostInterface() = default;

void HostInterface::b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    delay += to_sc_time(cfg_.access);
    ++accesses_;
    if (accept(trans, reg::kCells)) trans.set_response_status(serve(trans));
    if (trans.is_response_error()) ++refusals_;
}

tlm::tlm_response_status HostInterface::serve(tlm::tlm_generic_payload& trans) {
    const auto address = trans.get_address();
    if (address < reg::kEnd) return register_access(trans);
    if (address >= reg::kInput && address + trans.get_data_length() <= reg::kInput + reg::kInputBytes)
        return write_input(trans);
    if (address >= reg::kLogits) return read_logits(trans);
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
}

tlm::tlm_response_status HostInterface::register_access(tlm::tlm_generic_payload& trans) {
    if (trans.get_data_length() != sizeof(std::uint32_t)) return tlm::TLM_BURST_ERROR_RESPONSE;
    if (trans.get_address() % sizeof(std::uint32_t) != 0) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    std::uint32_t value = 0;
    if (trans.is_write()) {
        std::memcpy(&value, trans.get_data_ptr(), sizeof value);
        return write_register(trans.get_address(), value);
    }
    const auto status = read_register(trans.get_address(), value);
    std::memcpy(trans.get_data_ptr(), &value, sizeof value);
    return status;
}

TileRequest HostInterface::query() {
    TileRequest request;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    send(tile_isock, request, none);
    return request;
}

tlm::tlm_response_status HostInterface::read_register(std::uint64_t address, std::uint32_t& value) {
    const TileRequest tile = query();
    switch (address) {
    case reg::kId:
        value = reg::kIdValue;
        break;
    case reg::kStatus:
        value = static_cast<std::uint32_t>(tile.state) | (tile.busy ? reg::kStatusBusy : 0) |
                (tile.failed ? reg::kStatusFailed : 0) | (rail_i.read() ? reg::kStatusRail : 0);
        break;
    case reg::kFault:
        value = static_cast<std::uint32_t>(tile.fault);
        break;
    case reg::kIrqStatus:
        value = irq_status_;
        break;
    case reg::kIrqEnable:
        value = irq_enable_;
        break;
    case reg::kLayer:
        value = static_cast<std::uint32_t>(tile.layer);
        break;
    case reg::kInputSize:
        value = static_cast<std::uint32_t>(tile.input_bytes);
        break;
    case reg::kLogitCount:
        value = static_cast<std::uint32_t>(tile.logits.size());
        break;
    case reg::kCrossbars:
        value = cfg_.crossbars;
        break;
    case reg::kCellBytes:
        value = static_cast<std::uint32_t>(cfg_.cell_bytes);
        break;
    case reg::kSignBytes:
        value = static_cast<std::uint32_t>(cfg_.sign_bytes);
        break;
    case reg::kBatch:
        value = batch_;
        break;
    default:
        return tlm::TLM_COMMAND_ERROR_RESPONSE; // write-only
    }
    return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status HostInterface::write_register(std::uint64_t address, std::uint32_t value) {
    switch (address) {
    case reg::kCtrl:
        return command(value);
    case reg::kIrqStatus:
        irq_status_ &= ~value;
        break;
    case reg::kIrqEnable:
        irq_enable_ = value & 1U;
        break;
    case reg::kBatch:
        if (value == 0) return tlm::TLM_COMMAND_ERROR_RESPONSE;
        batch_ = value;
        break;
    default:
        return tlm::TLM_COMMAND_ERROR_RESPONSE; // read-only
    }
    update_irq();
    return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status HostInterface::command(std::uint32_t value) {
    TileRequest request;
    switch (value) {
    case reg::kCtrlBoot:
        request.action = TileRequest::Action::boot;
        break;
    case reg::kCtrlInfer:
        request.action = TileRequest::Action::infer;
        break;
    case reg::kCtrlPowerOff:
        request.action = TileRequest::Action::power_off;
        break;
    default:
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
    request.pixels = &input_;
    request.images = batch_;
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    const auto status = send(tile_isock, request, none);
    if (status != tlm::TLM_OK_RESPONSE) return status;
    if (request.action == TileRequest::Action::boot) decay(); // what an earlier life left is overwritten
    if (request.action != TileRequest::Action::power_off) return status;
    clear_input();
    decay();
    return status;
}

tlm::tlm_response_status HostInterface::write_input(tlm::tlm_generic_payload& trans) {
    if (!trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    if (query().busy || !rail_i.read()) return tlm::TLM_GENERIC_ERROR_RESPONSE; // images in work must not change
    const std::size_t first = trans.get_address() - reg::kInput, count = trans.get_data_length();
    std::copy_n(trans.get_data_ptr(), count, input_.begin() + static_cast<std::ptrdiff_t>(first));
    input_used_ = std::max(input_used_, first + count);
    return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status HostInterface::read_logits(tlm::tlm_generic_payload& trans) {
    if (!trans.is_read()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
    const auto logits = query().logits;
    const std::uint64_t offset = trans.get_address() - reg::kLogits;
    const std::uint64_t size = logits.size() * sizeof(float);
    if (offset > size || trans.get_data_length() > size - offset) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    std::memcpy(trans.get_data_ptr(), reinterpret_cast<const std::uint8_t*>(logits.data()) + offset,
                trans.get_data_length());
    return tlm::TLM_OK_RESPONSE;
}

unsigned HostInterface::transport_dbg(tlm::tlm_generic_payload& trans) {
    const auto address = trans.get_address();
    if (address < reg::kCells) return 0;
    if (address < reg::kSigns) return cells_debug(trans, address - reg::kCells);
    trans.set_address(address - reg::kSigns);
    const unsigned count = sign_isock->transport_dbg(trans);
    trans.set_address(address);
    return count;
}

/// A debug access may cross from one crossbar into the next.
unsigned HostInterface::cells_debug(tlm::tlm_generic_payload& trans, std::uint64_t offset) {
    unsigned done = 0;
    while (done < trans.get_data_length()) {
        const std::uint64_t at = offset + done;
        const std::uint64_t crossbar = at / cfg_.cell_bytes;
        if (crossbar >= cfg_.crossbars) break;
        const std::uint64_t inside = at % cfg_.cell_bytes;
        const auto count =
            static_cast<unsigned>(std::min<std::uint64_t>(trans.get_data_length() - done, cfg_.cell_bytes - inside));
        const unsigned moved =
            debug_access(cell_isock[crossbar], trans.get_command(), inside, trans.get_data_ptr() + done, count);
        done += moved;
        if (moved != count) break;
    }
    return done;
}

void HostInterface::clear_input() {
    std::fill_n(input_.begin(), input_used_, std::uint8_t{0});
    input_used_ = 0;
}

void HostInterface::rail_method() {
    lose({0, static_cast<std::int64_t>(input_used_) * 8});
    clear_input();
}

void HostInterface::reset_method() {
    clear_input();
    irq_status_ = irq_enable_ = 0;
    batch_ = 1;
    update_irq();
}

void HostInterface::done_method() {
    if (!rst_ni.read()) return; // an action that the reset ended
    irq_status_ |= 1U;
    update_irq();
}

void HostInterface::update_irq() { irq_ev_.notify(sc_core::SC_ZERO_TIME); }

void HostInterface::irq_method() {
    irq_q_ = (irq_status_ & irq_enable_) != 0;
    irq_o.write(irq_q_);
}

void HostInterface::collect(StatGroup& out) const {
    out.count("accesses", accesses_, "register and window accesses");
    out.count("refusals", refusals_, "accesses answered with an error");
}

void HostInterface::add_traces(TraceFile& file) const { file.add(*this, irq_q_, "irq"); }

} // namespace veilram
