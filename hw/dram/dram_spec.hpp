// What a DRAM channel is: geometry, timing and currents, as data sheets give them. All times are in clock cycles unless
// a unit is given; one cycle transfers two beats.
#pragma once

#include <cstdint>

namespace veilram {

/// One rank.
struct DramGeometry {
    std::uint32_t bank_groups = 4;
    std::uint32_t banks = 4;        ///< of a group
    std::uint32_t rows = 65536;     ///< of a bank
    std::uint32_t bursts = 128;     ///< of a row: columns over burst length
    std::uint32_t burst_bytes = 64; ///< bus width times burst length
    std::uint32_t burst_cycles = 4; ///< half the burst length

    std::uint32_t all_banks() const { return bank_groups * banks; }
    std::uint64_t bytes() const { return std::uint64_t{1} * all_banks() * rows * bursts * burst_bytes; }
};

/// JEDEC names. `_s`: to another bank group, `_l`: within one.
struct DramTiming {
    double clock_ns = 0.833;
    int cl = 16, cwl = 12;
    int rcd = 16, rp = 16, ras = 39;
    int ccd_s = 4, ccd_l = 6;
    int rrd_s = 4, rrd_l = 6, faw = 26;
    int wtr_s = 3, wtr_l = 9;
    int wr = 18, rtp = 9;
    int turnaround = 2; ///< idle cycles on the bus between a read's data and a write's
    int ppd = 1;        ///< between two precharges
    int rfc = 433, refi = 9364;
};

/// Supply and currents of one device, and how many devices make the rank (core alone, no input and output).
struct DramPower {
    int devices = 8;
    double vdd = 1.2;                                                               ///< V
    double idd0 = 48, idd2n = 34, idd3n = 43, idd4r = 135, idd4w = 123, idd5 = 250; ///< mA
};

/// Where the parts of an address lie, from its least significant end; above them is the row.
enum class DramMapping {
    row_bank_group_column, ///< column first: a stream stays in a row
    row_bank_column_group  ///< bank group first: a stream goes round the groups
};

struct DramPolicy {
    DramMapping mapping = DramMapping::row_bank_column_group;
    std::uint32_t reads = 32, writes = 32; ///< that are visible to the scheduler
    /// Writes wait until there are more than `drain_above` of them, or no reads, and then go on until there are fewer
    /// than `drain_below`.
    std::uint32_t drain_above = 26, drain_below = 6;
    int latency = 1; ///< cycles from acceptance to the first command
    bool refresh = true;
};

struct DramSpec {
    DramGeometry geometry;
    DramTiming timing;
    DramPower power;
    DramPolicy policy;
};

/// DDR4-2400R, 8 devices of 8 Gbit x8.
DramSpec ddr4_2400();
/// LPDDR4-3200, 2 devices of 8 Gbit x16: 32 bits wide.
DramSpec lpddr4_3200();

} // namespace veilram
