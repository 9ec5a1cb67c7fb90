// The GSL selector: secret vector registers in front of the crossbars.
#pragma once

#include "hw/crossbar/crossbar.hpp"
#include "hw/gsl/gsl_bank.hpp"
#include "hw/gsl/gsl_config.hpp"
#include "hw/power/remanence.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"

#include <systemc>

#include <cstdint>
#include <memory>
#include <vector>

namespace veilram {

/// Loads the vectors of neighbouring crossbars, or zeroises registers (`vectors` == nullptr).
struct GslLoad {
    std::uint32_t first_crossbar = 0;
    const std::vector<GslVectors>* vectors = nullptr;
    std::uint32_t crossbars = 0; ///< to zeroise; 0: every register
};

enum class GslEvent : std::uint8_t { vector_load, zeroise, line_switch };

/// Turns (crossbar, slot) into GSL lines - vector i for slot i, its complement for slot n+i - and passes the read on. A
/// read of a crossbar whose registers are empty is refused: locked. The registers are volatile, and no debug access
/// reaches them. Whatever the registers are made of, time and energy are those of the configuration.
class GslSelector final : public sc_core::sc_module, public RemanentMemory, public StatProvider, public Traceable {
public:
    RequestTarget<GslSelector, GslLoad> load_tsock{"load_tsock"};
    RequestTarget<GslSelector, ReadRequest> read_tsock{"read_tsock"};
    sc_core::sc_vector<RequestInitiator<GslSelector, ReadRequest>> crossbar_isock{"crossbar_isock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    SC_HAS_PROCESS(GslSelector);
    /// `pins` is needed where the implementation has any, and must outlive the module.
    GslSelector(const sc_core::sc_module_name& name, const GslConfig& cfg, PinClock* pins = nullptr);
    ~GslSelector() override;

    /// Number of vectors in the registers: 0 when locked.
    unsigned loaded() const { return loaded_q_; }

    void record(TwinWave* wave) { bank_->record(wave); }

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void load_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void read_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void rail_method();
    bool store(const GslLoad& load);
    bool zeroise(const GslLoad& load);
    void forget_lines(std::size_t first, std::size_t count);
    void note_loaded();
    void start_pins(const sc_core::sc_time& delay);
    void check_pins() const;

    const GslConfig cfg_;
    PinClock* const pins_; ///< null without pins
    std::unique_ptr<GslBank> bank_;
    std::vector<std::int64_t> slot_; ///< slot that each crossbar's lines are driven to; -1 none
    EventMeter<GslEvent, 3> meter_;
    unsigned loaded_q_ = 0;
    unsigned slot_q_ = 0;
    sc_dt::uint64 lines_q_ = 0; ///< first 64 GSL lines of the crossbar read last
};

} // namespace veilram
