#include "hw/crypto/key_store.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

constexpr std::uint32_t kSlots = 3;
constexpr std::uint32_t kSlotBytes = 100;

KeyStoreConfig store_config() {
    KeyStoreConfig cfg;
    cfg.root_key.fill(0x5a);
    cfg.minimum_version = 4;
    cfg.slots = kSlots;
    cfg.slot_bytes = kSlotBytes;
    cfg.sram_word = {Ps{700}, Fj{3}};
    return cfg;
}

struct KeyStoreBench : PoweredBench {
    using Action = KeySlotRequest::Action;
    RequestInitiator<KeyStoreBench, KeySlotRequest> write_isock{"write_isock"};
    RequestInitiator<KeyStoreBench, KeySlotRequest> read_isock{"read_isock"};
    sc_core::sc_port<RootKeyIf> root_key_port{"root_key_port"};
    KeyStore dut{"dut", store_config()};

    explicit KeyStoreBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        write_isock.bind(dut.write_tsock);
        read_isock.bind(dut.read_tsock);
        root_key_port.bind(dut.root_key_export);
        dut.rail_i.bind(rail);
    }
    Answer write(std::uint32_t slot, const Bytes& bytes) {
        KeySlotRequest request{Action::write, slot, bytes};
        return ask(write_isock, request);
    }
    /// `bytes` is left alone when the read is refused.
    Answer read(std::uint32_t slot, Bytes& bytes) {
        KeySlotRequest request{Action::read, slot, {}};
        const Answer answer = ask(read_isock, request);
        if (answer.status == tlm::TLM_OK_RESPONSE) bytes = request.bytes;
        return answer;
    }
    tlm::tlm_response_status read_status(std::uint32_t slot) {
        Bytes ignored;
        return read(slot, ignored).status;
    }
    Answer erase_all() {
        KeySlotRequest request{Action::erase_all, 0, {}};
        return ask(read_isock, request);
    }
};

class KeyStoreTest : public BenchTest<KeyStoreBench> {};

TEST_F(KeyStoreTest, EverySlotGivesBackWhatWasWrittenLast) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            Rng rng = make_rng(seed, "key store test");
            std::vector<Bytes> written(kSlots);
            for (int i = 0; i < 20; ++i) {
                const auto slot = static_cast<std::uint32_t>(random_int(rng, 0, kSlots - 1));
                written[slot] = random_bytes(rng, static_cast<std::size_t>(random_int(rng, 1, kSlotBytes)));
                ASSERT_EQ(bench.write(slot, written[slot]).status, tlm::TLM_OK_RESPONSE);
            }
            for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
                Bytes back;
                bench.read(slot, back);
                EXPECT_EQ(back, written[slot]) << "seed " << seed << " slot " << slot;
            }
        }
    });
}

TEST_F(KeyStoreTest, AnAccessTakesTimeForEachWord) {
    simulate([&] {
        Bytes back;
        EXPECT_EQ(bench.write(0, Bytes(1)).time, ps(700));
        EXPECT_EQ(bench.write(1, Bytes(17)).time, ps(3 * 700));
        EXPECT_EQ(bench.read(1, back).time, ps(3 * 700));
        EXPECT_EQ(bench.erase_all().time, ps((1 + 3) * 700)); // each word is overwritten
    });
}

TEST_F(KeyStoreTest, EmptySlotsAndSlotsThatDoNotExistAreRefused) {
    simulate([&] {
        EXPECT_EQ(bench.read_status(0), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.read_status(kSlots), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.write(kSlots, Bytes(1)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(KeyStoreTest, WhatDoesNotFitASlotIsRefusedWhole) {
    simulate([&] {
        EXPECT_EQ(bench.write(0, Bytes(kSlotBytes)).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(bench.write(1, Bytes(kSlotBytes + 1)).status, tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.read_status(1), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
}

TEST_F(KeyStoreTest, TheCryptoEnginesPortCannotReadAndTheSchedulersCannotWrite) {
    simulate([&] {
        bench.write(0, Bytes(8, 0x77));
        KeySlotRequest read{KeySlotRequest::Action::read, 0, {}};
        KeySlotRequest erase{KeySlotRequest::Action::erase_all, 0, {}};
        KeySlotRequest write{KeySlotRequest::Action::write, 0, Bytes(8)};
        EXPECT_EQ(ask(bench.write_isock, read).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.write_isock, erase).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.read_isock, write).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.write_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.read_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_TRUE(read.bytes.empty());
        Bytes back;
        bench.read(0, back);
        EXPECT_EQ(back, Bytes(8, 0x77));
    });
}

TEST_F(KeyStoreTest, ErasingEmptiesEverySlot) {
    simulate([&] {
        for (std::uint32_t slot = 0; slot < kSlots; ++slot) bench.write(slot, Bytes(8, 1));
        EXPECT_EQ(bench.erase_all().status, tlm::TLM_OK_RESPONSE);
        for (std::uint32_t slot = 0; slot < kSlots; ++slot)
            EXPECT_EQ(bench.read_status(slot), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
}

TEST_F(KeyStoreTest, PowerLossEmptiesTheSramAndKeepsTheFuses) {
    simulate([&] {
        bench.write(0, Bytes(8, 1));
        bench.root_key_port->raise_minimum_version(9);
        bench.power(false);
        EXPECT_EQ(bench.read_status(0), tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.write(0, Bytes(8)).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.erase_all().status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        bench.power(true);
        EXPECT_EQ(bench.read_status(0), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(bench.root_key_port->minimum_version(), 9U);
        EXPECT_EQ(bench.root_key_port->root_key(), store_config().root_key);
    });
}

TEST_F(KeyStoreTest, WhatThePowerLeavesIsCountedUntilItDecaysOrIsErased) {
    simulate([&] {
        bench.write(0, Bytes(8, 1));
        bench.write(1, Bytes(16, 1));
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
        bench.power(false);
        EXPECT_EQ(bench.dut.remanent().secrets, 24 * 8);
        bench.power(true);
        EXPECT_EQ(bench.read_status(0), tlm::TLM_ADDRESS_ERROR_RESPONSE) << "nothing but its size is left";
        EXPECT_EQ(bench.erase_all().time, ps(3 * 700));
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
        bench.write(0, Bytes(8, 1));
        bench.power(false);
        bench.dut.decay();
        EXPECT_EQ(bench.dut.remanent().secrets, 0);
    });
}

TEST_F(KeyStoreTest, TheVersionCounterOnlyMovesUp) {
    simulate([&] {
        EXPECT_EQ(bench.root_key_port->minimum_version(), 4U);
        bench.root_key_port->raise_minimum_version(3);
        EXPECT_EQ(bench.root_key_port->minimum_version(), 4U);
        bench.root_key_port->raise_minimum_version(6);
        EXPECT_EQ(bench.root_key_port->minimum_version(), 6U);
        EXPECT_EQ(stat(bench.dut, "minimum_version"), 6);
    });
}

TEST_F(KeyStoreTest, IsClosedToDebugAccess) {
    simulate([&] {
        bench.write(0, Bytes(64, 1));
        EXPECT_TRUE(closed_to_debug(bench.write_isock));
        EXPECT_TRUE(closed_to_debug(bench.read_isock));
    });
}

TEST_F(KeyStoreTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        Bytes back;
        bench.write(0, Bytes(17));
        bench.read(0, back);
        bench.erase_all();
        EXPECT_EQ(stat(bench.dut, "sram_words"), 3 * 3);
        EXPECT_EQ(bench.dut.energy(), Fj{9 * 3});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
    });
}

} // namespace
} // namespace veilram::test
