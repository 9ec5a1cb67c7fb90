// The DRAM channel against figures of two established simulators and against the rules of the data sheets. Latencies
// must be exact; bandwidths and counts lie within the spread that those simulators show among themselves.
#include "hw/dram/dram_channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace veilram::test {
namespace {

/// One channel and the cycle in which each request was done.
class Bench {
public:
    explicit Bench(const DramSpec& spec)
        : channel(spec, [this](std::uint64_t id, std::int64_t cycle) { done[id] = cycle; }) {}

    /// Pushes in the present cycle, which then ends.
    std::uint64_t push(std::uint64_t address, bool write = false) {
        const std::uint64_t id = accepted.size();
        accepted.push_back(channel.now());
        channel.push(id, address, write);
        channel.step();
        return id;
    }
    void drain() {
        while (!channel.idle()) channel.step();
    }
    std::int64_t latency(std::uint64_t id) {
        drain();
        return done.at(id) - accepted[id];
    }

    DramChannel channel;
    std::vector<std::int64_t> accepted;
    std::map<std::uint64_t, std::int64_t> done;
};

/// Byte addresses by bank group, bank, row and column, column fastest.
struct Places {
    DramSpec spec;
    std::uint64_t at(std::uint64_t group, std::uint64_t bank, std::uint64_t row, std::uint64_t column = 0) const {
        const DramGeometry& g = spec.geometry;
        return (((row * g.banks + bank) * g.bank_groups + group) * g.bursts + column) * g.burst_bytes;
    }
};

DramSpec column_first(DramSpec spec, bool refresh = false) {
    spec.policy.mapping = DramMapping::row_bank_group_column;
    spec.policy.refresh = refresh;
    return spec;
}

class DramLatencyTest : public ::testing::TestWithParam<DramSpec> {
protected:
    DramSpec spec_ = column_first(GetParam());
    const DramTiming& t_ = spec_.timing;
    Places places_{spec_};
    int burst_ = static_cast<int>(spec_.geometry.burst_cycles);
    int d_ = spec_.policy.latency, data_ = t_.cl + burst_;
    bool grouped_ = spec_.geometry.bank_groups > 1;
};

TEST_P(DramLatencyTest, OfOneRead) {
    Bench closed(spec_);
    EXPECT_EQ(closed.latency(closed.push(places_.at(0, 0, 0))), d_ + t_.rcd + data_);
    Bench hit(spec_), conflict(spec_);
    for (Bench* bench : {&hit, &conflict}) {
        bench->push(places_.at(0, 0, 0));
        bench->drain();
        bench->channel.step_to(5000);
    }
    EXPECT_EQ(hit.latency(hit.push(places_.at(0, 0, 0, 1))), d_ + data_);
    EXPECT_EQ(conflict.latency(conflict.push(places_.at(0, 0, 1))), d_ + t_.rp + t_.rcd + data_);
}

TEST_P(DramLatencyTest, OfASecondReadOneCycleLater) {
    const auto second = [&](std::uint64_t first, std::uint64_t next, const std::vector<std::uint64_t>& open) {
        Bench bench(spec_);
        for (const std::uint64_t address : open) bench.push(address);
        bench.drain();
        bench.channel.step_to(5000);
        bench.push(first);
        return bench.latency(bench.push(next));
    };
    const std::uint64_t row0 = places_.at(0, 0, 0), row1 = places_.at(0, 0, 1);
    EXPECT_EQ(second(row0, row1, {}), d_ - 1 + t_.ras + t_.rp + t_.rcd + data_);
    EXPECT_EQ(second(row0, places_.at(0, 0, 0, 1), {row0}), d_ - 1 + t_.ccd_l + data_);
    EXPECT_EQ(second(row0, places_.at(0, 1, 0), {}), d_ - 1 + t_.rrd_l + t_.rcd + data_);
    if (!grouped_) return;
    EXPECT_EQ(second(row0, places_.at(1, 0, 0), {row0, places_.at(1, 0, 0)}), d_ - 1 + t_.ccd_s + data_);
    EXPECT_EQ(second(row0, places_.at(1, 0, 0), {}), d_ - 1 + t_.rrd_s + t_.rcd + data_);
}

TEST_P(DramLatencyTest, OfAReadAfterAWrite) {
    const auto after_write = [&](std::uint64_t read) {
        Bench bench(spec_);
        bench.push(places_.at(0, 0, 0));
        if (grouped_) bench.push(places_.at(1, 0, 0));
        bench.drain();
        bench.channel.step_to(5000);
        bench.push(places_.at(0, 0, 0, 2), true);
        return bench.latency(bench.push(read));
    };
    const int write = d_ - 1 + t_.cwl + burst_;
    EXPECT_EQ(after_write(places_.at(0, 0, 0, 3)), write + t_.wtr_l + data_);
    EXPECT_EQ(after_write(places_.at(0, 0, 1)), write + t_.wr + t_.rp + t_.rcd + data_);
    if (grouped_) {
        EXPECT_EQ(after_write(places_.at(1, 0, 0, 3)), write + t_.wtr_s + data_);
    }
    Bench bench(spec_);
    bench.push(places_.at(0, 0, 0), true);
    EXPECT_EQ(bench.latency(bench.push(places_.at(0, 0, 0))), 1) << "the write is still there";
    EXPECT_EQ(bench.channel.counts().forwarded, 1);
}

TEST_P(DramLatencyTest, OfAReadOfEveryBank) {
    Bench bench(spec_);
    std::uint64_t last = 0;
    for (std::uint64_t bank = 0; bank < spec_.geometry.banks; ++bank)
        for (std::uint64_t group = 0; group < spec_.geometry.bank_groups; ++group)
            last = bench.push(places_.at(group, bank, 0));
    bench.drain();
    const int last_activate = grouped_ ? 3 * t_.faw + 3 * t_.rrd_s : 7 * t_.rrd_s;
    EXPECT_EQ(bench.done.at(last), d_ + last_activate + t_.rcd + data_);
}

TEST_P(DramLatencyTest, WhenARefreshIsDue) {
    spec_.policy.refresh = true;
    Bench closed(spec_), open(spec_);
    open.push(places_.at(0, 0, 0));
    for (Bench* bench : {&closed, &open}) bench->channel.step_to(t_.refi);
    EXPECT_EQ(closed.latency(closed.push(places_.at(0, 0, 0))), t_.rfc + t_.rcd + data_);
    EXPECT_EQ(open.latency(open.push(places_.at(0, 0, 0))), t_.rp + t_.rfc + t_.rcd + data_);
}

INSTANTIATE_TEST_SUITE_P(Specs, DramLatencyTest, ::testing::Values(ddr4_2400(), lpddr4_3200()),
                         [](const auto& spec) { return spec.index == 0 ? "Ddr4" : "Lpddr4"; });

// --- streams of requests -------------------------------------------------------------------------------------------

std::uint64_t hash(std::uint64_t i) { // splitmix64
    std::uint64_t z = (i + 1) * 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}
using Address = std::uint64_t (*)(std::uint64_t i);
std::uint64_t seq(std::uint64_t i) { return 64 * i; }
std::uint64_t rand_lines(std::uint64_t i) { return 64 * (hash(i) >> 37); }
std::uint64_t weyl(std::uint64_t i) { return 64 * ((i * 2654435761ULL) % (1U << 20)); }
std::uint64_t burst4(std::uint64_t i) { return 64 * (4 * (hash(i / 4) >> 39) + i % 4); }
std::uint64_t same_bank(std::uint64_t i) { return 131072 * (i % 65536); }

enum class Mode { reads, writes, mix };
bool is_write(Mode mode, std::uint64_t i) { return mode == Mode::writes || (mode == Mode::mix && i % 2 == 1); }

struct Figures {
    double bandwidth = 0; ///< bytes a cycle, between the acceptances of requests 20,000 and 80,000
    DramCounts counts;
    std::int64_t open_at_end = 0;
};

/// 100,000 requests, one offered each cycle in which it is accepted.
Figures stream(const DramSpec& spec, Address address, Mode mode, const DramChannel::Command& listener = {},
               std::uint64_t requests = 100'000) {
    std::int64_t answers = 0;
    DramChannel channel(
        spec, [&](std::uint64_t, std::int64_t) { ++answers; }, listener);
    std::int64_t from = 0, to = 0;
    for (std::uint64_t i = 0; i < requests; channel.step()) {
        if (!channel.accepts(is_write(mode, i))) continue;
        channel.push(i, address(i), is_write(mode, i));
        if (i == requests / 5) from = channel.now();
        if (i == requests / 5 * 4) to = channel.now();
        ++i;
    }
    while (!channel.idle()) channel.step();
    EXPECT_EQ(answers, static_cast<std::int64_t>(requests)) << "every request is answered once";
    Figures figures{static_cast<double>(spec.geometry.burst_bytes) * static_cast<double>(requests) * 0.6 /
                        static_cast<double>(to - from),
                    channel.counts(), 0};
    figures.open_at_end = figures.counts.activates - figures.counts.precharges;
    return figures;
}

struct Row {
    const char* name;
    bool group_first, refresh;
    Address address;
    Mode mode;
    double bandwidth, within; ///< of the simulators, and the share by which ours may differ
    double activates, activates_within;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class DramStreamTest : public ::testing::TestWithParam<Row> {};

TEST_P(DramStreamTest, HasTheBandwidthAndTheCommandsOfEstablishedSimulators) {
    const Row& row = GetParam();
    DramSpec spec = column_first(ddr4_2400(), row.refresh);
    if (row.group_first) spec.policy.mapping = DramMapping::row_bank_column_group;
    const Figures figures = stream(spec, row.address, row.mode);
    EXPECT_NEAR(figures.bandwidth, row.bandwidth, row.within * row.bandwidth);
    EXPECT_NEAR(static_cast<double>(figures.counts.activates), row.activates, row.activates_within * row.activates);
    EXPECT_EQ(figures.counts.reads + figures.counts.writes, 100'000);
    EXPECT_GE(figures.open_at_end, 0);
    EXPECT_LE(figures.open_at_end, 16);
    const double due = row.refresh ? static_cast<double>(figures.counts.cycles) / spec.timing.refi : 0.0;
    EXPECT_NEAR(static_cast<double>(figures.counts.refreshes), due, 1.0);
}

// Middle of the two simulators, except `seq r`: the row of this queue depth.
INSTANTIATE_TEST_SUITE_P(
    Ddr4, DramStreamTest,
    ::testing::Values(Row{"a_seq_r", false, false, seq, Mode::reads, 12.37, 0.03, 782, 0.0},
                      Row{"a_seq_r_refresh", false, true, seq, Mode::reads, 11.96, 0.03, 857, 0.03},
                      Row{"a_seq_mix_refresh", false, true, seq, Mode::mix, 11.39, 0.05, 889, 0.03},
                      Row{"a_rand_r", false, false, rand_lines, Mode::reads, 9.846, 0.01, 99'996, 0.002},
                      Row{"a_rand_r_refresh", false, true, rand_lines, Mode::reads, 9.324, 0.02, 100'083, 0.01},
                      Row{"a_rand_w", false, false, rand_lines, Mode::writes, 9.84, 0.01, 99'950, 0.002},
                      Row{"a_rand_w_refresh", false, true, rand_lines, Mode::writes, 9.317, 0.02, 100'031, 0.01},
                      Row{"a_rand_mix", false, false, rand_lines, Mode::mix, 9.443, 0.05, 99'988, 0.002},
                      Row{"a_rand_mix_refresh", false, true, rand_lines, Mode::mix, 8.943, 0.05, 100'196, 0.01},
                      Row{"a_weyl_r", false, false, weyl, Mode::reads, 9.846, 0.1, 100'000, 0.002},
                      Row{"a_weyl_mix_refresh", false, true, weyl, Mode::mix, 9.095, 0.1, 100'196, 0.01},
                      Row{"a_burst4_r", false, false, burst4, Mode::reads, 15.98, 0.02, 25'000, 0.0},
                      Row{"a_burst4_r_refresh", false, true, burst4, Mode::reads, 15.05, 0.02, 25'346, 0.02},
                      Row{"a_samebank_r", false, false, same_bank, Mode::reads, 1.1636, 0.001, 100'000, 0.0},
                      Row{"b_seq_r", true, false, seq, Mode::reads, 16.0, 0.001, 784, 0.0},
                      Row{"b_seq_r_refresh", true, true, seq, Mode::reads, 15.19, 0.01, 1'014, 0.12},
                      Row{"b_seq_mix_refresh", true, true, seq, Mode::mix, 13.75, 0.08, 998, 0.12},
                      Row{"b_rand_mix_refresh", true, true, rand_lines, Mode::mix, 8.917, 0.05, 100'192, 0.01}),
    [](const auto& row) { return row.param.name; });

TEST(DramStreamTest, OfLpddr4) {
    const DramSpec spec = column_first(lpddr4_3200()), refreshed = column_first(lpddr4_3200(), true);
    EXPECT_NEAR(stream(spec, seq, Mode::reads).bandwidth, 8.0, 0.008);
    EXPECT_NEAR(stream(spec, rand_lines, Mode::reads).bandwidth, 3.981, 0.0398);
    EXPECT_NEAR(stream(spec, rand_lines, Mode::mix).bandwidth, 3.678, 0.184);
    EXPECT_NEAR(stream(refreshed, seq, Mode::reads).bandwidth, 7.315, 0.0732);
    EXPECT_NEAR(stream(refreshed, rand_lines, Mode::reads).bandwidth, 3.627, 0.0725);
}

/// Requests are offered every `period` cycles.
double paced_latency(const DramSpec& spec, Address address, std::int64_t period) {
    constexpr std::uint64_t kRequests = 20'000;
    Bench bench(spec);
    for (std::uint64_t i = 0; i < kRequests; ++i) {
        bench.channel.step_to(std::max(bench.channel.now(), static_cast<std::int64_t>(i) * period));
        while (!bench.channel.accepts(false)) bench.channel.step();
        bench.push(address(i));
    }
    bench.drain();
    double sum = 0.0;
    for (std::uint64_t i = 0; i < kRequests; ++i)
        sum += static_cast<double>(bench.done.at(i) - static_cast<std::int64_t>(i) * period);
    return sum / kRequests;
}

TEST(DramLoadTest, LatencyGrowsWithTheLoadAsInEstablishedSimulators) {
    const DramSpec spec = column_first(ddr4_2400()), refreshed = column_first(ddr4_2400(), true);
    EXPECT_NEAR(paced_latency(spec, rand_lines, 200), 52.99, 0.5);
    EXPECT_NEAR(paced_latency(spec, rand_lines, 50), 53.31, 0.5);
    EXPECT_NEAR(paced_latency(spec, rand_lines, 25), 55.41, 0.5);
    EXPECT_NEAR(paced_latency(spec, rand_lines, 12), 61.75, 0.02 * 61.75);
    EXPECT_NEAR(paced_latency(spec, rand_lines, 8), 75.80, 0.05 * 75.80);
    EXPECT_NEAR(paced_latency(spec, seq, 200), 21.24, 0.5);
    EXPECT_NEAR(paced_latency(spec, seq, 25), 21.33, 0.5);
    EXPECT_NEAR(paced_latency(refreshed, rand_lines, 200), 60.45, 0.06 * 60.45);
    EXPECT_NEAR(paced_latency(refreshed, rand_lines, 50), 66.4, 0.06 * 66.4);
    EXPECT_NEAR(paced_latency(refreshed, rand_lines, 25), 72.1, 0.06 * 72.1);
}

// --- rules ---------------------------------------------------------------------------------------------------------

/// Hears every command and checks it against the data sheet, on its own.
class Judge {
public:
    explicit Judge(const DramSpec& spec) : spec_(spec), t_(spec.timing) {}

    void hear(std::int64_t now, DramCommand command, const DramAddress& at) {
        EXPECT_GT(now, last_command_) << "one command a cycle";
        last_command_ = now;
        Bank& bank = banks_[at.bank];
        switch (command) {
        case DramCommand::activate:
            activate(now, at, bank);
            break;
        case DramCommand::precharge:
            precharge(now, bank);
            break;
        case DramCommand::precharge_all:
            for (auto& [number, open] : banks_)
                if (open.open) precharge(now, open);
            break;
        case DramCommand::read:
        case DramCommand::write:
            column(now, at, bank, command == DramCommand::write);
            break;
        case DramCommand::refresh:
            refresh(now);
            break;
        }
    }

private:
    static constexpr std::int64_t kNever = -100'000;
    struct Bank {
        bool open = false;
        std::uint32_t row = 0;
        std::int64_t activated = kNever, precharged = kNever, read = kNever, written = kNever;
    };
    struct Event {
        std::int64_t cycle;
        std::uint32_t group;
        bool write;
    };

    std::uint32_t group_of(const DramAddress& at) const { return at.bank / spec_.geometry.banks; }

    void activate(std::int64_t now, const DramAddress& at, Bank& bank) {
        EXPECT_FALSE(bank.open);
        EXPECT_GE(now - bank.precharged, t_.rp);
        EXPECT_GE(now - bank.activated, t_.ras + t_.rp);
        EXPECT_GE(now - refreshed_, t_.rfc);
        for (const Event& other : activates_)
            EXPECT_GE(now - other.cycle, other.group == group_of(at) ? t_.rrd_l : t_.rrd_s);
        if (activates_.size() >= 4) {
            EXPECT_GE(now - activates_[activates_.size() - 4].cycle, t_.faw);
        }
        activates_.push_back({now, group_of(at), false});
        bank.open = true;
        bank.row = at.row;
        bank.activated = now;
    }
    void precharge(std::int64_t now, Bank& bank) {
        EXPECT_TRUE(bank.open);
        EXPECT_GE(now - bank.activated, t_.ras);
        EXPECT_GE(now - bank.read, t_.rtp);
        EXPECT_GE(now - bank.written, t_.cwl + burst() + t_.wr);
        bank.open = false;
        bank.precharged = now;
    }
    void column(std::int64_t now, const DramAddress& at, Bank& bank, bool write) {
        EXPECT_TRUE(bank.open && bank.row == at.row) << "the row must be open";
        EXPECT_GE(now - bank.activated, t_.rcd);
        const std::int64_t data = now + (write ? t_.cwl : t_.cl);
        EXPECT_GE(data, data_until_) << "the data bus is taken";
        data_until_ = data + burst();
        for (const Event& other : columns_) {
            const bool same = other.group == group_of(at);
            if (other.write == write)
                EXPECT_GE(now - other.cycle, same ? t_.ccd_l : t_.ccd_s);
            else if (write)
                EXPECT_GE(now - other.cycle, t_.cl + burst() - t_.cwl + t_.turnaround);
            else
                EXPECT_GE(now - other.cycle, t_.cwl + burst() + (same ? t_.wtr_l : t_.wtr_s));
        }
        columns_.push_back({now, group_of(at), write});
        if (columns_.size() > 16) columns_.erase(columns_.begin());
        (write ? bank.written : bank.read) = now;
    }
    void refresh(std::int64_t now) {
        for (const auto& [number, bank] : banks_) {
            EXPECT_FALSE(bank.open);
            EXPECT_GE(now - bank.precharged, t_.rp);
        }
        EXPECT_GE(now - refreshed_, t_.rfc);
        refreshed_ = now;
    }
    int burst() const { return static_cast<int>(spec_.geometry.burst_cycles); }

    const DramSpec spec_;
    const DramTiming& t_;
    std::map<std::uint32_t, Bank> banks_;
    std::vector<Event> activates_, columns_;
    std::int64_t refreshed_ = kNever, data_until_ = 0, last_command_ = kNever;
};

TEST(DramRulesTest, NoCommandBreaksTheDataSheet) {
    for (const DramSpec& spec : {column_first(ddr4_2400(), true), column_first(lpddr4_3200(), true)})
        for (const Address address : {rand_lines, seq, burst4})
            for (const Mode mode : {Mode::reads, Mode::mix}) {
                Judge judge(spec);
                stream(
                    spec, address, mode,
                    [&](std::int64_t now, DramCommand command, const DramAddress& at) { judge.hear(now, command, at); },
                    3000);
            }
}

TEST(DramRulesTest, QuietStretchesMayBeSkipped) {
    for (const bool refresh : {false, true}) {
        DramCounts counts[2];
        for (const bool skip : {false, true}) {
            std::int64_t last = 0;
            DramChannel channel(column_first(ddr4_2400(), refresh),
                                [&](std::uint64_t, std::int64_t cycle) { last = cycle; });
            std::int64_t sum = 0;
            for (std::uint64_t i = 0; i < 300; ++i) {
                const auto until = channel.now() + static_cast<std::int64_t>(hash(i) % 3000);
                if (skip) channel.step_to(until);
                while (channel.now() < until) channel.step();
                channel.push(i, 64 * (hash(i) >> 50), false);
                while (!channel.idle()) channel.step();
                sum += last - until;
            }
            counts[skip ? 1 : 0] = channel.counts();
            counts[skip ? 1 : 0].forwarded = sum; // reads alone: none was forwarded
        }
        EXPECT_EQ(counts[0].cycles, counts[1].cycles);
        EXPECT_EQ(counts[0].open_cycles, counts[1].open_cycles);
        EXPECT_EQ(counts[0].activates, counts[1].activates);
        EXPECT_EQ(counts[0].precharges, counts[1].precharges);
        EXPECT_EQ(counts[0].refreshes, counts[1].refreshes);
        EXPECT_EQ(counts[0].forwarded, counts[1].forwarded) << "latencies";
    }
}

TEST(DramEnergyTest, OfEachCommand) {
    DramSpec spec = ddr4_2400();
    DramTiming& t = spec.timing;
    t.clock_ns = 0.83, t.rp = 17, t.rfc = 420;
    DramCounts one;
    one.activates = one.reads = one.writes = one.refreshes = 1;
    const DramEnergy energy = energy_of(one, spec);
    EXPECT_NEAR(energy.activate, 3450.1, 3.5);
    EXPECT_NEAR(energy.read, 2932.2, 2.9);
    EXPECT_NEAR(energy.write, 2549.8, 2.5);
    EXPECT_NEAR(energy.refresh, 692'740, 693);
    DramCounts second;
    second.cycles = 2;
    second.open_cycles = 1;
    EXPECT_NEAR(energy_of(second, spec).background, (412.8 + 326.4) * 0.83, 1.0) << "mW times ns";
}

TEST(DramAddressTest, CoversEveryPlaceOnce) {
    DramSpec spec = ddr4_2400();
    spec.geometry = {2, 4, 8, 4, 64, 4};
    for (const DramMapping mapping : {DramMapping::row_bank_group_column, DramMapping::row_bank_column_group}) {
        spec.policy.mapping = mapping;
        std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, int> seen;
        for (std::uint64_t address = 0; address < spec.geometry.bytes(); address += 64) {
            const DramAddress at = decode_address(spec, address);
            ++seen[{at.bank, at.row, at.column}];
        }
        EXPECT_EQ(seen.size(), 2U * 4U * 8U * 4U);
    }
}

} // namespace
} // namespace veilram::test
