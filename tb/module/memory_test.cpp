#include "hw/dram/memory.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

#include <tlm_utils/simple_initiator_socket.h>

namespace veilram::test {
namespace {

constexpr std::uint64_t kBytes = 1000;

struct MemoryBench : Bench {
    tlm_utils::simple_initiator_socket<MemoryBench> isock{"isock"};
    tlm_utils::simple_initiator_socket<MemoryBench> chip_isock{"chip_isock"};
    Memory dut{"dut", kBytes};

    explicit MemoryBench(const sc_core::sc_module_name& name) : Bench(name) {
        isock.bind(dut.host_tsock);
        chip_isock.bind(dut.chip_tsock);
    }
};

class MemoryTest : public BenchTest<MemoryBench> {};

TEST_F(MemoryTest, ReadsBackWhatWasWrittenLast) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            Rng rng = make_rng(seed, "memory test");
            Bytes expected(kBytes);
            transfer(bench.isock, tlm::TLM_WRITE_COMMAND, 0, expected.data(), expected.size());
            for (int i = 0; i < 50; ++i) {
                Bytes part = random_bytes(rng, static_cast<std::size_t>(random_int(rng, 1, 100)));
                const int place = random_int(rng, 0, static_cast<int>(kBytes - part.size()));
                const auto answer = transfer(bench.isock, tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(place),
                                             part.data(), part.size());
                ASSERT_EQ(answer.status, tlm::TLM_OK_RESPONSE);
                std::copy(part.begin(), part.end(), expected.begin() + place);
            }
            Bytes content(kBytes);
            transfer(bench.isock, tlm::TLM_READ_COMMAND, 0, content.data(), content.size());
            EXPECT_EQ(content, expected) << "seed " << seed;
        }
    });
}

TEST_F(MemoryTest, ChipAndHostSeeTheSameBytes) {
    simulate([&] {
        std::uint32_t word = 0x1234'5678, back = 0;
        transfer(bench.isock, tlm::TLM_WRITE_COMMAND, 100, &word, 4);
        EXPECT_EQ(transfer(bench.chip_isock, tlm::TLM_READ_COMMAND, 100, &back, 4).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(back, word);
    });
}

TEST_F(MemoryTest, HasNoTimingOfItsOwn) {
    simulate([&] {
        Bytes bytes(kBytes);
        EXPECT_EQ(transfer(bench.isock, tlm::TLM_READ_COMMAND, 0, bytes.data(), bytes.size()).time, ps(0));
    });
}

TEST_F(MemoryTest, IllegalAccessesAreAnsweredNotReported) {
    simulate([&] {
        std::uint32_t word = 0;
        const auto status = [&](tlm::tlm_command command, std::uint64_t address, std::size_t size) {
            return transfer(bench.isock, command, address, &word, size).status;
        };
        EXPECT_EQ(status(tlm::TLM_READ_COMMAND, kBytes - 4, 4), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(status(tlm::TLM_READ_COMMAND, kBytes - 3, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(tlm::TLM_WRITE_COMMAND, kBytes, 1), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(tlm::TLM_READ_COMMAND, ~std::uint64_t{0}, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(status(tlm::TLM_READ_COMMAND, 0, 0), tlm::TLM_BURST_ERROR_RESPONSE);
        EXPECT_EQ(status(tlm::TLM_IGNORE_COMMAND, 0, 4), tlm::TLM_COMMAND_ERROR_RESPONSE);
    });
}

TEST_F(MemoryTest, DebugAccessIsOpenAndClipped) {
    simulate([&] {
        std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
        EXPECT_EQ(debug_access(bench.isock, tlm::TLM_WRITE_COMMAND, kBytes - 2, bytes.data(), 4), 2U);
        EXPECT_EQ(debug_access(bench.isock, tlm::TLM_WRITE_COMMAND, kBytes, bytes.data(), 4), 0U);
        std::array<std::uint8_t, 4> back{};
        EXPECT_EQ(debug_access(bench.isock, tlm::TLM_READ_COMMAND, kBytes - 2, back.data(), 4), 2U);
        EXPECT_EQ(back, (std::array<std::uint8_t, 4>{1, 2, 0, 0}));
    });
}

TEST_F(MemoryTest, OffersNoDirectMemoryInterface) {
    simulate([&] {
        std::uint8_t byte = 0;
        tlm::tlm_generic_payload trans;
        prepare(trans, tlm::TLM_READ_COMMAND, 0, &byte, 1);
        tlm::tlm_dmi dmi;
        EXPECT_FALSE(bench.isock->get_direct_mem_ptr(trans, dmi));
    });
}

} // namespace
} // namespace veilram::test
