#include "hw/dram/dram_spec.hpp"

namespace veilram {

DramSpec ddr4_2400() { return {}; }

DramSpec lpddr4_3200() {
    DramSpec spec;
    spec.geometry = {1, 8, 65536, 64, 64, 8};
    DramTiming& t = spec.timing;
    t.clock_ns = 0.625;
    t.cl = 28, t.cwl = 14;
    t.rcd = 29, t.rp = 29, t.ras = 68;
    t.ccd_s = t.ccd_l = 8;
    t.rrd_s = t.rrd_l = 16, t.faw = 64;
    t.wtr_s = t.wtr_l = 16;
    t.wr = 29, t.rtp = 12;
    t.turnaround = 1;
    t.ppd = 4;
    t.rfc = 448, t.refi = 6246;
    // Three rails (1.8, 1.1 and 1.1 V) as one of 1.1 V: the currents of the first count 1.8 / 1.1 times.
    spec.power = {2, 1.1, 51.48, 31.02, 34.43, 428.68, 268.68, 107.11};
    return spec;
}

} // namespace veilram
