// Two models of the same block side by side, and what to say of the first clock in which they differ.
#pragma once

#include "hw/cycle/pins.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace veilram {

/// An output of the model under test that is not what the reference has.
struct Mismatch {
    std::int64_t clock = 0; ///< edges since the start
    std::string signal;     ///< its Verilog name
    unsigned bit = 0;       ///< the lowest one that differs
    std::string expected, got;
    std::deque<std::string> transactions; ///< the last ten, oldest first
};
/// For people: a line that names clock, signal, expected and got, and one for each transaction.
std::string to_string(const Mismatch& mismatch);

/// Clocks a reference and a model under test, and compares every output after every edge. Values of secret pins are
/// written down as "hidden" unless `show_secrets`.
class Lockstep {
public:
    static constexpr std::size_t kHistory = 10;

    Lockstep(const PinTable& table, PinModel& reference, PinModel& dut, bool show_secrets);

    void reset();
    void clock(const Word* inputs);

    std::int64_t clocks() const { return clocks_; }
    /// Transfers over all channels.
    std::int64_t transactions() const { return transactions_; }
    /// The first one; the clocks after it are not compared.
    const std::optional<Mismatch>& mismatch() const { return mismatch_; }

private:
    /// What moved over a channel, in words: made into text only when somebody asks.
    struct Transfer {
        std::int64_t clock;
        const std::vector<Pin>* pins;
        const Channel* channel;
        std::vector<Word> payload;
    };

    void note_transfers(const Word* inputs);
    void note(const std::vector<Pin>& pins, const Channel& channel, const Word* values);
    void compare();
    std::string text(const Transfer& transfer) const;
    std::string text(const Pin& pin, const Word* value) const;

    const PinTable& table_;
    PinModel& reference_;
    PinModel& dut_;
    const bool show_secrets_;
    std::int64_t clocks_ = 0, transactions_ = 0;
    std::deque<Transfer> history_;
    std::optional<Mismatch> mismatch_;
};

} // namespace veilram
