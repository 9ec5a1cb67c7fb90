// The sign crossbar: sign rows of every compute crossbar, read out digitally (docs/model.md, section 3).
#pragma once

#include "hw/crossbar/cell_store.hpp"
#include "hw/crossbar/crossbar_config.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>
#include <vector>

namespace veilram {

/// Reads of one row. The row's bits are the stored ones: masked, when the image masks its signs.
struct SignRowRequest {
    std::uint32_t row = 0;  ///< crossbar * n + i
    std::int64_t reads = 1; ///< how often the row is read in this burst
    std::vector<Word> bits; ///< answer
};

enum class SignCrossbarEvent : std::uint8_t { row_read, cell_write };

/// One bank of sign rows. The cells survive power-off; `cell_tsock` programs them and, through transport_dbg, shows
/// them to a thief.
class SignCrossbar final : public sc_core::sc_module, public StatProvider {
public:
    static constexpr unsigned kReaders = 2; ///< converter, digital unit

    sc_core::sc_vector<RequestTarget<SignCrossbar, SignRowRequest>> row_tsock{"row_tsock"};
    tlm_utils::simple_target_socket<SignCrossbar> cell_tsock{"cell_tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SignCrossbar(const sc_core::sc_module_name& name, const SignCrossbarConfig& cfg);
    ~SignCrossbar() override;

    void collect(StatGroup& out) const override { meter_.collect(out); }
    Fj energy() const override { return meter_.energy(); }

private:
    void row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    unsigned cell_debug(tlm::tlm_generic_payload& trans) { return cells_.debug(trans); }

    const SignCrossbarConfig cfg_;
    CellStore cells_;
    EventMeter<SignCrossbarEvent, 2> meter_;
};

} // namespace veilram
