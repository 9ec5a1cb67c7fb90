// A DRAM channel cycle by cycle: banks, scheduler (first ready, first come first served; open page), refresh.
#pragma once

#include "hw/dram/dram_spec.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace veilram {

enum class DramCommand : std::uint8_t { activate, precharge, precharge_all, read, write, refresh };

struct DramAddress {
    std::uint32_t bank = 0; ///< group * banks + bank
    std::uint32_t row = 0, column = 0;
};
/// `address` in bytes; it wraps around at the size of the channel.
DramAddress decode_address(const DramSpec& spec, std::uint64_t address);

struct DramCounts {
    std::int64_t activates = 0, precharges = 0, reads = 0, writes = 0, refreshes = 0;
    std::int64_t forwarded = 0; ///< reads that a buffered write answered
    std::int64_t open_cycles = 0, cycles = 0;
};

/// Energy of the rank, in pJ.
struct DramEnergy {
    double activate = 0, read = 0, write = 0, refresh = 0, background = 0;

    double total() const { return activate + read + write + refresh + background; }
};
DramEnergy energy_of(const DramCounts& counts, const DramSpec& spec);

class DramChannel {
public:
    using Done = std::function<void(std::uint64_t id, std::int64_t cycle)>;
    using Command = std::function<void(std::int64_t cycle, DramCommand command, const DramAddress& address)>;

    /// `done` is called for every read, with the cycle after the last beat, and for every write, which is done once it
    /// is accepted. `command`, where given, sees every command (a test's ear).
    DramChannel(const DramSpec& spec, Done done, Command command = {});

    /// The present cycle.
    std::int64_t now() const { return now_; }
    /// Whether a request is taken in this cycle.
    bool accepts(bool write) const;
    /// One burst at `address`. Throws ModelError when it is not accepted.
    void push(std::uint64_t id, std::uint64_t address, bool write);
    /// Ends the present cycle: at most one command.
    void step();
    /// Goes on to `cycle`; nothing is queued in between.
    void step_to(std::int64_t cycle);

    /// No request waits. (The data of reads may still be on their way.)
    bool idle() const { return reads_.empty() && writes_.empty(); }
    DramCounts counts() const;

private:
    struct Request {
        std::uint64_t id;
        DramAddress at;
        std::int64_t from; ///< first cycle in which the scheduler sees it
    };
    struct Bank {
        bool open = false;
        std::uint32_t row = 0;
        std::int64_t activate = 0, precharge = 0, column = 0; ///< earliest cycle of each
    };
    static constexpr std::int64_t kLong = 1'000'000; ///< before the start: no constraint

    std::uint32_t group_of(std::uint32_t bank) const { return bank / spec_.geometry.banks; }
    std::int64_t earliest_activate(std::uint32_t bank) const;
    std::int64_t earliest_column(std::uint32_t bank, bool write) const;
    std::int64_t earliest_precharge(std::uint32_t bank) const;
    bool refresh_step();
    bool serve_hit(bool write);
    bool prepare(const std::deque<Request>& queue);
    bool is_wanted(std::uint32_t bank) const;
    void choose_mode();
    void tell(DramCommand command, const DramAddress& at);
    void activate(const DramAddress& at);
    void precharge(std::uint32_t bank);
    void column(const Request& request, bool write);

    const DramSpec spec_;
    const Done done_;
    const Command command_;
    std::int64_t now_ = 0;
    std::vector<Bank> banks_;
    std::deque<Request> reads_, writes_;
    bool draining_ = false;
    std::uint32_t open_banks_ = 0;
    // Last cycle of each, by bank group where the group counts.
    std::vector<std::int64_t> last_activate_, last_read_, last_write_;
    std::array<std::int64_t, 4> activates_{}; ///< the last four, going round
    std::size_t next_activate_ = 0;
    std::int64_t any_activate_ = -kLong, any_read_ = -kLong, any_write_ = -kLong, any_precharge_ = -kLong;
    std::int64_t refresh_due_;
    DramCounts counts_;
};

} // namespace veilram
