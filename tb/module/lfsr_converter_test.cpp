#include "hw/converter/lfsr_converter.hpp"
#include "models/sc/streams.hpp"
#include "tb/support/implementations.hpp"
#include "tb/support/powered_bench.hpp"
#include "tb/support/random_data.hpp"

namespace veilram::test {
namespace {

struct LfsrBench : PoweredBench {
    RequestInitiator<LfsrBench, ConversionRequest> isock{"isock"};
    PinClock pins{Ps{833}};
    LfsrConverter dut{"dut", {256, {Ps{700}, Fj{3}}, OfEveryImplementation::GetParam()}, &pins};

    explicit LfsrBench(const sc_core::sc_module_name& name) : PoweredBench(name) {
        isock.bind(dut.tsock);
        dut.rail_i.bind(rail);
    }
};

class LfsrConverterTest : public BenchTest<LfsrBench>, public OfEveryImplementation {
protected:
    const LevelSet all_levels = LevelSet::full();

    ConversionRequest conversion(std::uint8_t seed = 1, std::int64_t conversions = 256) const {
        ConversionRequest request;
        request.levels = &all_levels;
        request.lfsr_seed = seed;
        request.conversions = conversions;
        return request;
    }
};

TEST_P(LfsrConverterTest, AStreamIsTheComparisonOfTheStateWithTheLevel) {
    simulate([&] {
        for (const std::uint8_t seed : {0, 1, 2, 77, 255}) {
            auto request = conversion(seed);
            ASSERT_EQ(ask(bench.isock, request).status, tlm::TLM_OK_RESPONSE);
            for (std::size_t level = 0; level < 256; ++level) {
                const std::vector<Word> stream = stream_of(request.streams, level);
                std::uint8_t state = seed;
                for (std::size_t t = 0; t < 256; ++t, state = lfsr_next(state))
                    ASSERT_EQ(get_bit(stream.data(), t), state < level) << "seed " << int{seed} << " bit " << t;
            }
        }
    });
}

TEST_P(LfsrConverterTest, AStreamOfLevelLHasExactlyLOnes) {
    simulate([&] {
        for (const std::uint8_t seed : {0, 1, 2, 77, 255}) {
            auto request = conversion(seed);
            ask(bench.isock, request);
            for (std::size_t level = 0; level < 256; ++level)
                EXPECT_EQ(popcount(stream_of(request.streams, level).data(), 4), level) << "seed " << int{seed};
        }
    });
}

TEST_P(LfsrConverterTest, EveryConversionTakes256Clocks) {
    simulate([&] {
        auto request = conversion(1, 300); // 300 conversions of 256 distinct levels
        EXPECT_EQ(ask(bench.isock, request).time, ps(300 * 256 * 700));
        EXPECT_EQ(stat(bench.dut, "bits"), 300 * 256);
        EXPECT_EQ(bench.dut.energy(), Fj{300 * 256 * 3});
        EXPECT_EQ(stat(bench.dut, "energy"), bench.dut.energy().value);
    });
}

TEST_P(LfsrConverterTest, BadRequestsAreRefusedAndCostNothing) {
    simulate([&] {
        auto request = conversion();
        request.levels = nullptr;
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(ask_nothing(bench.isock).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_EQ(bench.dut.energy(), Fj{});
    });
}

TEST_P(LfsrConverterTest, RefusesWithoutPowerAndWorksAgainWithIt) {
    simulate([&] {
        auto request = conversion();
        bench.power(false);
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_GENERIC_ERROR_RESPONSE);
        EXPECT_TRUE(request.streams.levels().empty());
        bench.power(true);
        EXPECT_EQ(ask(bench.isock, request).status, tlm::TLM_OK_RESPONSE);
    });
}

TEST_P(LfsrConverterTest, IsClosedToDebugAccess) {
    simulate([&] { EXPECT_TRUE(closed_to_debug(bench.isock)); });
}

INSTANTIATE_TEST_SUITE_P(Made, LfsrConverterTest, ::testing::ValuesIn(implementations()), name_of_parameter);

} // namespace
} // namespace veilram::test
