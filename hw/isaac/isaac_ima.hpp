// An in-situ multiply-accumulate unit of ISAAC: some crossbars, each with a converter, and their registers.
#pragma once

#include "hw/sim/busy_line.hpp"
#include "hw/sim/event_meter.hpp"
#include "hw/sim/request.hpp"
#include "hw/sim/services.hpp"
#include "models/isaac/isaac_array.hpp"

#include <systemc>

#include <cstdint>
#include <optional>
#include <vector>

namespace veilram {

/// One operation of one crossbar: every bit of the inputs, one a cycle.
struct IsaacArrayRequest {
    std::size_t array = 0;
    const std::vector<std::uint32_t>* inputs = nullptr; ///< one a word line in use
    std::vector<std::int64_t> sums;                     ///< answer: one an output
};

/// Puts weights into one crossbar. Not timed: the factory's work.
struct IsaacProgramRequest {
    std::size_t array = 0;
    const std::vector<std::int32_t>* weights = nullptr; ///< [inputs][outputs]
    std::size_t inputs = 0, outputs = 0;
};

/// One row of a crossbar's cells, as digits (models/isaac), and perhaps one of them written: what a write driver does,
/// and a thief with a microscope. Not timed, and needs no power: pulses have their own.
struct IsaacRowRequest {
    std::size_t array = 0, row = 0;
    struct Write {
        std::size_t column = 0;
        std::uint8_t digit = 0;
    };
    std::optional<Write> write;
    std::vector<std::uint8_t> digits; ///< answer, after the write: one a column in use; none in a row that is not
};

enum class ImaEvent : std::uint8_t { word_line, array, sample, conversion, shift_add, surroundings };

class IsaacIma final : public sc_core::sc_module, public StatProvider, public Traceable {
public:
    RequestTarget<IsaacIma, IsaacArrayRequest> tsock{"tsock"};
    RequestTarget<IsaacIma, IsaacProgramRequest> program_tsock{"program_tsock"};
    RequestTarget<IsaacIma, IsaacRowRequest> row_tsock{"row_tsock"};
    sc_core::sc_in<bool> rail_i{"rail_i"};

    IsaacIma(const sc_core::sc_module_name& name, const IsaacConfig& cfg);
    ~IsaacIma() override;

    void collect(StatGroup& out) const override;
    Fj energy() const override { return meter_.energy(); }
    void add_traces(TraceFile& file) const override;

private:
    void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void program_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void row_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
    void charge(const IsaacArray& array);

    const IsaacConfig cfg_;
    std::vector<std::optional<IsaacArray>> arrays_; ///< the cells keep their weights without power
    EventMeter<ImaEvent, 6> meter_;
    BusyLine busy_{"busy"};
};

} // namespace veilram
