// The write path of blocks whose cells the scheduler changes: program-verify in the background, torn by power cuts.
#pragma once

#include "hw/crossbar/write_driver.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/request.hpp"

#include <systemc>

#include <cstdint>
#include <string>

namespace veilram {

struct CellWriterConfig {
    Cost verify;            ///< one read of a cell
    Cost pulse;             ///< one step of one level
    std::uint64_t seed = 1; ///< of what pulses leave that power cuts short
    std::string stream;     ///< name of that random stream
};

/// Base of such blocks. Pulses follow each other on the time axis, whatever else the block does; its queue is volatile
/// and tells which cells change, so that what it still shows without power is counted.
class CellWriter : public sc_core::sc_module, public RemanentMemory {
public:
    RequestTarget<CellWriter, CellWriteRequest> write_tsock{"write_tsock"}; ///< from the scheduler
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(CellWriter);
    ~CellWriter() override;

protected:
    /// `cells` may be a member of the derived class.
    CellWriter(const sc_core::sc_module_name& name, WritableCells& cells, const CellWriterConfig& cfg);

    /// Carries out what is over by now.
    void finish_pulses();
    const WriteDriver& driver() const { return driver_; }
    const bool& writing() const { return writing_q_; }

private:
    virtual bool has(const CellWrite& cell) = 0;
    /// Bits that name one of the block's cells.
    virtual std::int64_t address_bits() const = 0;
    virtual void charge(std::int64_t verifies, std::int64_t pulses) = 0;

    void write_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void write(CellWriteRequest& request, sc_core::sc_time& delay);
    void pulse_method();
    void fall_method();

    const CellWriterConfig cfg_;
    WriteDriver driver_;
    sc_core::sc_event pulse_ev_{"pulse_ev"};
    bool writing_q_ = false;
};

} // namespace veilram
