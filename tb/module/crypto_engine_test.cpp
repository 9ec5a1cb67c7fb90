#include "hw/crypto/crypto_engine.hpp"
#include "hw/dram/dram_interface.hpp"
#include "hw/dram/memory.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

using Verdict = UnsealRequest::Verdict;

constexpr std::uint64_t kMemoryBytes = 4096;
constexpr std::uint64_t kBlobAddress = 256;
constexpr std::uint32_t kSlotBytes = 200;

KeyStoreConfig store_config() {
    KeyStoreConfig cfg;
    for (std::size_t i = 0; i < cfg.root_key.size(); ++i) cfg.root_key[i] = static_cast<std::uint8_t>(3 * i + 1);
    cfg.minimum_version = 4;
    cfg.slots = 3;
    cfg.slot_bytes = kSlotBytes;
    cfg.sram_word = {Ps{700}, Fj{3}};
    return cfg;
}

/// Engine, key store, DRAM interface and memory, as on the chip. The bench plays scheduler, tile controller and owner.
struct CryptoBench : PoweredBench {
    RequestInitiator<CryptoBench, HashRequest> hash_isock{"hash_isock"};
    RequestInitiator<CryptoBench, UnsealRequest> unseal_isock{"unseal_isock"};
    RequestInitiator<CryptoBench, KeySlotRequest> key_isock{"key_isock"};
    tlm_utils::simple_initiator_socket<CryptoBench> memory_isock{"memory_isock"};
    tlm_utils::simple_initiator_socket<CryptoBench> tile_isock{"tile_isock"};
    CryptoEngine dut{"dut", {{Ps{2'000}, Fj{53}}, {Ps{6'500}, Fj{61}}}};
    KeyStore keys{"keys", store_config()};
    DramInterface dram{"dram", {{Ps{30'000}, Fj{1009}}, {Ps{5'000}, Fj{101}}, 64}};
    Memory memory{"memory", kMemoryBytes};

    explicit CryptoBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        hash_isock.bind(dut.hash_tsock);
        unseal_isock.bind(dut.unseal_tsock);
        key_isock.bind(keys.read_tsock);
        tile_isock.bind(dram.tsock[0]);
        dut.memory_isock.bind(dram.tsock[1]);
        dut.key_isock.bind(keys.write_tsock);
        dut.root_key_port.bind(keys.root_key_export);
        dram.memory_isock.bind(memory.chip_tsock);
        memory_isock.bind(memory.host_tsock);
        for (auto* pin : {&dut.rail_i, &keys.rail_i, &dram.rail_i}) pin->bind(rail);
    }
    Answer hash(const std::string& program) {
        HashRequest request{&program};
        return ask(hash_isock, request);
    }
    void store(Bytes bytes, std::uint64_t address = kBlobAddress) {
        ASSERT_EQ(debug_access(memory_isock, tlm::TLM_WRITE_COMMAND, address, bytes.data(), bytes.size()),
                  bytes.size());
    }
    /// What the scheduler would find in a slot; empty when it is refused.
    Bytes slot(std::uint32_t index) {
        KeySlotRequest request{KeySlotRequest::Action::read, index, {}};
        ask(key_isock, request);
        return request.bytes;
    }
};

class CryptoEngineTest : public BenchTest<CryptoBench> {
protected:
    std::string program = "a public program, longer than one block of the hash: 0123456789 0123456789";
    Bytes secrets = Bytes(100, 0x77);
    SealHeader header(std::uint32_t layer = 1, std::uint32_t version = 4) const {
        SealHeader header;
        header.network = "net";
        header.layer = layer;
        header.version = version;
        header.program = sha256(reinterpret_cast<const std::uint8_t*>(program.data()), program.size());
        return header;
    }
    SealedBlob sealed(const SealHeader& header) const { return seal(store_config().root_key, header, secrets); }
    /// A request as the tile controller sends it: it does not know the digest.
    static UnsealRequest request_for(const SealHeader& header, std::size_t size) {
        UnsealRequest request;
        request.header = header;
        request.header.program.fill(0);
        request.address = kBlobAddress;
        request.size = static_cast<std::uint32_t>(size);
        return request;
    }
    /// Stores the honest blob, hashes the program and asks for the blob.
    Verdict open(const SealHeader& header, bool last = false) {
        const auto blob = sealed(header);
        bench.store(blob);
        bench.hash(program);
        auto request = request_for(header, blob.size());
        request.last = last;
        EXPECT_EQ(ask(bench.unseal_isock, request).status, tlm::TLM_OK_RESPONSE);
        return request.verdict;
    }
};

TEST_F(CryptoEngineTest, AnHonestBlobOpensIntoItsSlot) {
    simulate([&] {
        for (const auto seed : kSeeds) {
            Rng rng = make_rng(seed, "crypto test");
            secrets = random_bytes(rng, static_cast<std::size_t>(random_int(rng, 1, kSlotBytes)));
            const Bytes text = random_bytes(rng, static_cast<std::size_t>(random_int(rng, 1, 300)));
            program.assign(text.begin(), text.end());
            const auto layer = static_cast<std::uint32_t>(random_int(rng, 0, 2));
            EXPECT_EQ(open(header(layer, 5)), Verdict::opened) << "seed " << seed;
            EXPECT_EQ(bench.slot(layer), secrets) << "seed " << seed;
        }
    });
}

TEST_F(CryptoEngineTest, AnyChangedBitOfABlobIsRefusedAndNothingReachesTheKeyStore) {
    simulate([&] {
        const auto blob = sealed(header());
        bench.hash(program);
        for (std::size_t bit = 0; bit < 8 * blob.size(); bit += 7) { // nonce, cipher text and tag
            auto changed = blob;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            bench.store(changed);
            auto request = request_for(header(), blob.size());
            ask(bench.unseal_isock, request);
            ASSERT_EQ(request.verdict, Verdict::refused) << "bit " << bit;
            ASSERT_TRUE(bench.slot(1).empty()) << "bit " << bit;
        }
    });
}

TEST_F(CryptoEngineTest, ABlobOpensOnlyInThePlaceItWasSealedFor) {
    simulate([&] {
        const auto blob = sealed(header());
        bench.store(blob);
        bench.hash(program);
        const auto refused = [&](auto spoil) {
            auto request = request_for(header(), blob.size());
            spoil(request);
            ask(bench.unseal_isock, request);
            return request.verdict == Verdict::refused;
        };
        EXPECT_TRUE(refused([](UnsealRequest& r) { r.header.format = 2; }));
        EXPECT_TRUE(refused([](UnsealRequest& r) { r.header.network = "ne"; }));
        EXPECT_TRUE(refused([](UnsealRequest& r) { r.header.layer = 2; }));
        EXPECT_TRUE(refused([](UnsealRequest& r) { r.header.version = 5; }));
        EXPECT_TRUE(refused([](UnsealRequest& r) { ++r.address; }));
        EXPECT_TRUE(refused([](UnsealRequest& r) { --r.size; }));
        EXPECT_TRUE(refused([](UnsealRequest& r) { r.size = 27; })); // shorter than nonce and tag
        EXPECT_FALSE(refused([](UnsealRequest&) {}));
    });
}

TEST_F(CryptoEngineTest, TheProgramCannotBeSwappedUnderTheSecrets) {
    simulate([&] {
        const auto blob = sealed(header());
        bench.store(blob);
        auto request = request_for(header(), blob.size());
        request.header = header(); // claims the right digest
        bench.hash(program + " ");
        ask(bench.unseal_isock, request);
        EXPECT_EQ(request.verdict, Verdict::refused);
        bench.hash(program);
        ask(bench.unseal_isock, request);
        EXPECT_EQ(request.verdict, Verdict::opened);
    });
}

TEST_F(CryptoEngineTest, AnOldVersionIsRefusedAsAReplay) {
    simulate([&] {
        EXPECT_EQ(open(header(0, 3)), Verdict::replayed);
        EXPECT_TRUE(bench.slot(0).empty());
        EXPECT_EQ(open(header(0, 4)), Verdict::opened);
        EXPECT_EQ(open(header(0, 9)), Verdict::opened);
    });
}

TEST_F(CryptoEngineTest, TheLastBlobOfAnImageRaisesTheVersionCounter) {
    simulate([&] {
        EXPECT_EQ(open(header(0, 6)), Verdict::opened);
        EXPECT_EQ(bench.keys.minimum_version(), 4U); // half an image must not lock out the old one
        EXPECT_EQ(open(header(1, 6), true), Verdict::opened);
        EXPECT_EQ(bench.keys.minimum_version(), 6U);
        EXPECT_EQ(open(header(0, 5)), Verdict::replayed);
    });
}

TEST_F(CryptoEngineTest, ARefusedLastBlobLeavesTheVersionCounterAlone) {
    simulate([&] {
        auto blob = sealed(header(1, 6));
        blob.back() ^= 1U;
        bench.store(blob);
        bench.hash(program);
        auto request = request_for(header(1, 6), blob.size());
        request.last = true;
        ask(bench.unseal_isock, request);
        EXPECT_EQ(request.verdict, Verdict::refused);
        EXPECT_EQ(bench.keys.minimum_version(), 4U);
    });
}

TEST_F(CryptoEngineTest, SecretsThatDoNotFitTheKeyStoreHaveNoRoom) {
    simulate([&] {
        EXPECT_EQ(open(header(3)), Verdict::no_room); // slots 0..2
        secrets.resize(kSlotBytes + 1);
        EXPECT_EQ(open(header(1)), Verdict::no_room);
        EXPECT_TRUE(bench.slot(1).empty());
    });
}

TEST_F(CryptoEngineTest, ABlobOutsideTheMemoryIsAMemoryError) {
    simulate([&] {
        auto request = request_for(header(), 128);
        request.address = kMemoryBytes - 127;
        EXPECT_EQ(ask(bench.unseal_isock, request).status, tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(request.verdict, Verdict::memory_error);
        EXPECT_EQ(stat(bench.dut, "aes_blocks"), 0);
    });
}

TEST_F(CryptoEngineTest, ImpossibleSizesAreRefusedWithoutAMemoryAccess) {
    simulate([&] {
        for (const std::size_t size : {std::size_t{0}, std::size_t{0xffff'ffff}}) {
            auto request = request_for(header(), size);
            ask(bench.unseal_isock, request);
            EXPECT_EQ(request.verdict, Verdict::refused);
        }
        EXPECT_EQ(stat(bench.dram, "accesses"), 0);
    });
}

TEST_F(CryptoEngineTest, HashingTakesTimeForEachPaddedBlock) {
    simulate([&] {
        EXPECT_EQ(bench.hash(std::string(55, 'x')).time, ps(6'500)); // 55 + 9 bytes fill one block
        EXPECT_EQ(bench.hash(std::string(56, 'x')).time, ps(2 * 6'500));
        EXPECT_EQ(bench.hash("").time, ps(6'500));
        EXPECT_EQ(stat(bench.dut, "sha_blocks"), 4);
    });
}

TEST_F(CryptoEngineTest, OpeningTakesTheFetchTheCipherAndTheSram) {
    simulate([&] {
        const auto blob = sealed(header()); // 128 bytes: 2 bursts, 8 blocks; 100 of plain text: 13 words
        bench.store(blob);
        bench.hash(program);
        auto request = request_for(header(), blob.size());
        EXPECT_EQ(ask(bench.unseal_isock, request).time, ps(30'000 + 2 * 5'000 + 8 * 2'000 + 13 * 700));
    });
}

TEST_F(CryptoEngineTest, TransactionsWithoutARequestAreRefused) {
    simulate([&] {
        HashRequest no_program;
        EXPECT_EQ(ask(bench.hash_isock, no_program).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.hash_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.unseal_isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_F(CryptoEngineTest, PowerLossForgetsTheDigest) {
    simulate([&] {
        ASSERT_EQ(open(header()), Verdict::opened);
        bench.power(false);
        auto request = request_for(header(), sealed(header()).size());
        EXPECT_EQ(bench.hash(program).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask(bench.unseal_isock, request).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        bench.power(true);
        ask(bench.unseal_isock, request);
        EXPECT_EQ(request.verdict, Verdict::refused);
        EXPECT_EQ(open(header()), Verdict::opened);
    });
}

TEST_F(CryptoEngineTest, IsClosedToDebugAccess) {
    simulate([&] {
        EXPECT_TRUE(closed_to_debug(bench.hash_isock));
        EXPECT_TRUE(closed_to_debug(bench.unseal_isock));
    });
}

TEST_F(CryptoEngineTest, EnergyIsEventsTimesCost) {
    simulate([&] {
        open(header()); // program of 74 bytes: 2 blocks
        EXPECT_EQ(stat(bench.dut, "aes_blocks"), 8);
        EXPECT_EQ(stat(bench.dut, "sha_blocks"), 2);
        EXPECT_EQ(bench.dut.energy(), Fj{8 * 53 + 2 * 61});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
        EXPECT_EQ(total_energy(bench), bench.dut.energy() + bench.keys.energy() + bench.dram.energy());
    });
}

} // namespace
} // namespace veilram::test
