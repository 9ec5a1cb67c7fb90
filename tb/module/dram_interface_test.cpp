#include "hw/dram/dram_interface.hpp"
#include "hw/dram/memory.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

constexpr std::uint64_t kBytes = 4096;

struct DramBench : PoweredBench {
    tlm_utils::simple_initiator_socket<DramBench> tile_isock{"tile_isock"};
    tlm_utils::simple_initiator_socket<DramBench> crypto_isock{"crypto_isock"};
    tlm_utils::simple_initiator_socket<DramBench> memory_isock{"memory_isock"}; ///< the memory's other side
    DramInterface dut{"dut", {{Ps{30'000}, Fj{1009}}, {Ps{5'000}, Fj{101}}, 64}};
    Memory memory{"memory", kBytes};

    explicit DramBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        tile_isock.bind(dut.tsock[0]);
        crypto_isock.bind(dut.tsock[1]);
        dut.memory_isock.bind(memory.chip_tsock);
        memory_isock.bind(memory.host_tsock);
        dut.rail_i.bind(rail);
    }
    Answer read(std::size_t size, std::uint64_t address = 0) {
        Bytes bytes(size);
        return transfer(tile_isock, tlm::TLM_READ_COMMAND, address, bytes.data(), bytes.size());
    }
};

class DramInterfaceTest : public BenchTest<DramBench> {};

TEST_F(DramInterfaceTest, BothClientsReachTheMemory) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            Rng rng = make_rng(seed, "dram test");
            Bytes written = random_bytes(rng, static_cast<std::size_t>(random_int(rng, 1, 500)));
            Bytes back(written.size());
            EXPECT_EQ(transfer(bench.tile_isock, tlm::TLM_WRITE_COMMAND, 40, written.data(), written.size()).status,
                      tlm::TLM_OK_RESPONSE);
            EXPECT_EQ(transfer(bench.crypto_isock, tlm::TLM_READ_COMMAND, 40, back.data(), back.size()).status,
                      tlm::TLM_OK_RESPONSE);
            EXPECT_EQ(back, written) << "seed " << seed;
        }
    });
}

TEST_F(DramInterfaceTest, AnAccessTakesItsLatencyAndItsBursts) {
    simulate([&] {
        for (const auto& [size, bursts] : {std::pair{1U, 1}, {64U, 1}, {65U, 2}, {640U, 10}}) {
            EXPECT_EQ(bench.read(size).time, ps(30'000 + bursts * 5'000)) << size << " bytes";
            wait(ps(1'000'000)); // until the interface is idle
        }
    });
}

TEST_F(DramInterfaceTest, ASecondAccessWaitsForTheFirst) {
    simulate([&] {
        std::uint8_t byte = 0;
        EXPECT_EQ(bench.read(64).time, ps(35'000));
        EXPECT_EQ(transfer(bench.crypto_isock, tlm::TLM_READ_COMMAND, 0, &byte, 1).time, ps(2 * 35'000));
        wait(ps(50'000));
        EXPECT_EQ(bench.read(64).time, ps(20'000 + 35'000)); // the rest of the second, then its own
    });
}

TEST_F(DramInterfaceTest, TheMemorysRefusalComesBack) {
    simulate([&] {
        EXPECT_EQ(bench.read(64, kBytes - 63).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.read(64, kBytes - 64).status, tlm::TLM_OK_RESPONSE);
    });
}

TEST_F(DramInterfaceTest, RefusesWithoutPowerAndForgetsTheAccessInFlight) {
    simulate([&] {
        bench.read(4096);
        bench.power(false);
        const Answer refused = bench.read(64);
        EXPECT_EQ(refused.status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(refused.time, ps(0));
        EXPECT_EQ(stat(bench.dut, "accesses"), 1);
        bench.power(true);
        EXPECT_EQ(bench.read(64).time, ps(35'000)); // the long access ended with the power
    });
}

TEST_F(DramInterfaceTest, DebugAccessDoesNotPassThroughTheChip) {
    simulate([&] {
        EXPECT_TRUE(closed_to_debug(bench.tile_isock));
        EXPECT_TRUE(closed_to_debug(bench.crypto_isock));
    });
}

TEST_F(DramInterfaceTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        bench.read(1);
        bench.read(200);
        EXPECT_EQ(stat(bench.dut, "accesses"), 2);
        EXPECT_EQ(stat(bench.dut, "bursts"), 1 + 4);
        EXPECT_EQ(bench.dut.energy(), Fj{2 * 1009 + 5 * 101});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
    });
}

} // namespace
} // namespace veilram::test
