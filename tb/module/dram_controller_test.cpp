#include "hw/dram/dram_controller.hpp"
#include "hw/dram/memory.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

#include <tlm_utils/simple_initiator_socket.h>

#include <algorithm>
#include <deque>

namespace veilram::test {
namespace {

constexpr std::uint64_t kBytes = 1 << 20;

/// An initiator that keeps as many accesses under way as it is asked for.
struct DramBench : Bench {
    tlm_utils::simple_initiator_socket<DramBench> isock{"isock"};
    tlm_utils::simple_initiator_socket<DramBench> memory_isock{"memory_isock"}; ///< the memory's other side
    DramController dut;
    Memory memory{"memory", kBytes};
    tlm_utils::simple_target_socket<DramBench> counter_tsock{"counter_tsock"}; ///< between controller and memory
    tlm_utils::simple_initiator_socket<DramBench> counter_isock{"counter_isock"};
    std::size_t performed = 0;
    sc_core::sc_event answered{"answered"};
    std::deque<tlm::tlm_generic_payload*> answers;
    std::vector<sc_core::sc_time> times;
    bool request_open = false;

    DramBench(const sc_core::sc_module_name& name, const DramSpec& spec) : Bench(name), dut("dut", spec) {
        isock.bind(dut.tsock);
        dut.memory_isock.bind(counter_tsock);
        counter_isock.bind(memory.chip_tsock);
        counter_tsock.register_b_transport(this, &DramBench::count);
        counter_tsock.register_transport_dbg(this, &DramBench::pass_debug);
        memory_isock.bind(memory.host_tsock);
        isock.register_nb_transport_bw(this, &DramBench::nb_transport_bw);
    }
    void count(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
        ++performed;
        counter_isock->b_transport(trans, delay);
    }
    unsigned pass_debug(tlm::tlm_generic_payload& trans) { return counter_isock->transport_dbg(trans); }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase, sc_core::sc_time&) {
        if (phase == tlm::END_REQ) {
            EXPECT_TRUE(request_open);
            request_open = false;
            answered.notify(sc_core::SC_ZERO_TIME);
            return tlm::TLM_ACCEPTED;
        }
        EXPECT_TRUE(phase == tlm::BEGIN_RESP);
        answers.push_back(&trans);
        times.push_back(sc_core::sc_time_stamp());
        answered.notify(sc_core::SC_ZERO_TIME);
        phase = tlm::END_RESP;
        return tlm::TLM_COMPLETED;
    }
    /// Sends a request and waits until it is accepted.
    void begin(tlm::tlm_generic_payload& trans) {
        tlm::tlm_phase phase = tlm::BEGIN_REQ;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        request_open = true;
        EXPECT_EQ(isock->nb_transport_fw(trans, phase, delay), tlm::TLM_ACCEPTED);
        while (request_open) wait(answered);
    }
    void await(std::size_t count) {
        while (answers.size() < count) wait(answered);
    }
};

DramSpec without_refresh() {
    DramSpec spec = ddr4_2400();
    spec.policy.refresh = false;
    return spec;
}

class DramControllerTest : public SimTest {
protected:
    DramBench bench{"bench", without_refresh()};
    const DramTiming t_ = ddr4_2400().timing;
    const sc_core::sc_time clock_{833, sc_core::SC_PS};

    void simulate(std::function<void()> body) {
        bench.body = std::move(body);
        run(sc_core::sc_time(1, sc_core::SC_SEC));
    }
    sc_core::sc_time cycles(int count) const { return clock_ * count; }
    sc_core::sc_time closed_read() const { return cycles(1 + t_.rcd + t_.cl + 4); }
};

TEST_F(DramControllerTest, ALooselyTimedReadTakesWhatTheChannelTakes) {
    simulate([&] {
        Bytes data(64);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        EXPECT_EQ(access(bench.isock, tlm::TLM_READ_COMMAND, 0, data.data(), 64, delay), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(delay, closed_read());
        EXPECT_EQ(bench.dut.energy() > Fj{0}, true);
    });
}

TEST_F(DramControllerTest, AnAccessIsCutIntoBursts) {
    simulate([&] {
        Bytes data(1000);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        EXPECT_EQ(access(bench.isock, tlm::TLM_READ_COMMAND, 60, data.data(), 1000, delay), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(stat(bench.dut, "reads"), 17) << "bytes 60..1059 touch lines 0..16";
    });
}

TEST_F(DramControllerTest, ApproximatelyTimedOneAccessTakesAsLong) {
    simulate([&] {
        Bytes data(64);
        tlm::tlm_generic_payload trans;
        prepare(trans, tlm::TLM_READ_COMMAND, 0, data.data(), 64);
        bench.begin(trans);
        bench.await(1);
        EXPECT_EQ(bench.times.front(), closed_read());
        EXPECT_EQ(trans.get_response_status(), tlm::TLM_OK_RESPONSE);
    });
}

TEST_F(DramControllerTest, ApproximatelyTimedAccessesOverlap) {
    simulate([&] {
        constexpr std::size_t kCount = 64;
        std::vector<Bytes> data(kCount, Bytes(64));
        std::vector<tlm::tlm_generic_payload> trans(kCount);
        for (std::size_t i = 0; i < kCount; ++i) {
            prepare(trans[i], tlm::TLM_READ_COMMAND, 64 * i, data[i].data(), 64);
            bench.begin(trans[i]);
        }
        bench.await(kCount);
        EXPECT_EQ(bench.times.back() < closed_read() + cycles(kCount * (t_.ccd_s + 1)), true)
            << "one burst every four cycles";
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        for (std::size_t i = 0; i < kCount; ++i)
            access(bench.isock, tlm::TLM_READ_COMMAND, 64 * i, data[i].data(), 64, delay);
        EXPECT_EQ(delay > cycles(kCount * (t_.cl + 4)), true) << "loosely timed, one initiator's follow one another";
    });
}

TEST_F(DramControllerTest, ReadsSeeTheWritesBeforeThem) {
    simulate([&] {
        Rng rng = make_rng(1, "dram controller test");
        Bytes expected(4096);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        access(bench.isock, tlm::TLM_WRITE_COMMAND, 0, expected.data(), expected.size(), delay);
        std::deque<tlm::tlm_generic_payload> trans;
        std::deque<Bytes> data, wanted;
        for (int i = 0; i < 200; ++i) {
            const auto size = static_cast<std::size_t>(random_int(rng, 1, 200));
            const auto place = static_cast<std::size_t>(random_int(rng, 0, static_cast<int>(4096 - size)));
            const bool write = random_int(rng, 0, 1) == 1;
            data.push_back(random_bytes(rng, size));
            trans.emplace_back();
            prepare(trans.back(), write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND, place, data.back().data(),
                    size);
            const auto at = expected.begin() + static_cast<std::ptrdiff_t>(place);
            if (write) std::copy(data.back().begin(), data.back().end(), at);
            wanted.emplace_back(at, at + static_cast<std::ptrdiff_t>(size));
            bench.begin(trans.back());
        }
        bench.await(200);
        EXPECT_EQ(data, wanted);
    });
}

TEST_F(DramControllerTest, EveryAccessReachesTheMemoryOnce) {
    simulate([&] {
        constexpr std::size_t kCount = 200; // more than the queues hold
        Bytes data(64);
        std::deque<tlm::tlm_generic_payload> trans(kCount);
        for (std::size_t i = 0; i < kCount; ++i) {
            data[0] = static_cast<std::uint8_t>(i);
            prepare(trans[i], tlm::TLM_WRITE_COMMAND, 131072 * (i % 4), data.data(), 64);
            bench.begin(trans[i]);
        }
        bench.await(kCount);
        EXPECT_EQ(bench.performed, kCount);
        wait(cycles(100 * kCount)); // the last ones are still queued
        EXPECT_EQ(stat(bench.dut, "writes"), kCount);
    });
}

TEST_F(DramControllerTest, BothKindsOfAccessMayMix) {
    simulate([&] {
        Bytes data(64), more(64);
        tlm::tlm_generic_payload trans;
        prepare(trans, tlm::TLM_READ_COMMAND, 0, data.data(), 64);
        bench.begin(trans);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        access(bench.isock, tlm::TLM_READ_COMMAND, 64, more.data(), 64, delay);
        bench.await(1);
        EXPECT_EQ(bench.times.front(), closed_read());
    });
}

TEST_F(DramControllerTest, TheMemorysRefusalComesBack) {
    simulate([&] {
        Bytes data(64);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        EXPECT_EQ(access(bench.isock, tlm::TLM_READ_COMMAND, kBytes - 63, data.data(), 64, delay),
                  tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(delay, sc_core::SC_ZERO_TIME);
        tlm::tlm_generic_payload trans;
        prepare(trans, tlm::TLM_READ_COMMAND, kBytes - 63, data.data(), 64);
        bench.begin(trans);
        bench.await(1);
        EXPECT_EQ(trans.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(debug_access(bench.isock, tlm::TLM_READ_COMMAND, 0, data.data(), 64), 64U);
    });
}

} // namespace
} // namespace veilram::test
