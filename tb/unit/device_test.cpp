// Cells that are not ideal: statistics, and every fast way against the definition.
#include "models/base/diagnostics.hpp"
#include "models/base/parallel.hpp"
#include "models/device/noisy_sum.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace veilram::test {
namespace {

constexpr std::size_t kSide = 200; // kSide * kSide cells

struct Moments {
    double mean = 0, sigma = 0;
};
template <class Draw> Moments moments(Draw draw) {
    double sum = 0, squares = 0;
    for (std::size_t r = 0; r < kSide; ++r)
        for (std::size_t c = 0; c < kSide; ++c) {
            const double value = draw(r, c);
            sum += value;
            squares += value * value;
        }
    const double count = kSide * kSide, mean = sum / count;
    return {mean, std::sqrt(squares / count - mean * mean)};
}

DeviceConfig noisy_device() {
    DeviceConfig device;
    device.drift = 0.02;
    device.drift_sigma = 0.3;
    device.drift_seconds = 3600;
    device.ir_drop = 0.1;
    device.adc_offset = 0.8;
    device.programming_sigma = 0.05;
    device.on_off_ratio = 20;
    device.stuck_on = 0.01;
    device.stuck_off = 0.02;
    return device;
}

/// A crossbar read by definition on cells that are not ideal: the sum of the conductances of the connected cells under
/// driven word lines.
std::int64_t literal_sum(const BitMatrix& cells, const ArrayGeometry& array, const DeviceConfig& device,
                         std::uint32_t crossbar, std::size_t pair, const GslVector& vector, const Word* stream) {
    std::int64_t sum = converter_offset(device, crossbar, pair);
    for (std::size_t t = 0; t < kStreamBits; ++t) {
        if (!get_bit(stream, t)) continue;
        const std::size_t row =
            get_bit(vector.data(), t / static_cast<std::size_t>(array.segment)) ? 2 * pair : 2 * pair + 1;
        sum += conductance(device, crossbar, row, t, cells.get(row, t));
    }
    return sum;
}

BitMatrix random_matrix(Rng& rng, std::size_t rows) {
    BitMatrix bits(rows, kStreamBits);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t w = 0; w < bits.words_per_row(); ++w) bits.row(r)[w] = rng();
    return bits;
}

Tensor logits(const Compiled& device, const DeviceConfig& cells, const Tensor& images, std::size_t first_image = 0) {
    ScEngine engine(device.program, device.image.nvm, device.secrets, cells);
    return infer(device.program.graph, images, engine, first_image);
}

} // namespace

TEST(PhiloxTest, GivesThePublishedNumbers) { // known answers of Random123 for philox4x32-10
    EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
    EXPECT_EQ(philox({0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU}, {0xffffffffU, 0xffffffffU}),
              (PhiloxBlock{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
    EXPECT_EQ(philox({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, {0xa4093822U, 0x299f31d0U}),
              (PhiloxBlock{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(DeviceModelTest, AnIdealCellConductsOneOrNothing) {
    EXPECT_EQ(conductance({}, 3, 1, 2, true), kNominal);
    EXPECT_EQ(conductance({}, 3, 1, 2, false), 0);
}

TEST(DeviceModelTest, ConductancesHaveTheMeanAndDeviationAskedFor) {
    DeviceConfig device;
    device.programming_sigma = 0.05;
    device.on_off_ratio = 20;
    const Moments on = moments([&](std::size_t r, std::size_t c) { return conductance(device, 0, r, c, true); });
    const Moments off = moments([&](std::size_t r, std::size_t c) { return conductance(device, 0, r, c, false); });
    EXPECT_NEAR(on.mean / kNominal, 1.0, 0.001); // 4 standard errors
    EXPECT_NEAR(on.sigma / kNominal, 0.05, 0.0008);
    EXPECT_NEAR(off.mean / kNominal, 0.05, 0.0005);
}

TEST(DeviceModelTest, StuckCellsAreAsManyAsAskedForWhateverWasProgrammed) {
    DeviceConfig device;
    device.stuck_on = 0.1;
    device.stuck_off = 0.05;
    const auto share = [&](bool programmed) {
        return moments([&](std::size_t r, std::size_t c) { return conductance(device, 0, r, c, programmed) > 0; }).mean;
    };
    EXPECT_NEAR(share(false), 0.1, 0.006);
    EXPECT_NEAR(share(true), 0.95, 0.005);
}

TEST(DeviceModelTest, DriftIsAPowerOfTimeThatDiffersFromCellToCell) {
    DeviceConfig device;
    device.drift = 0.05;
    EXPECT_EQ(conductance(device, 0, 1, 2, true), kNominal) << "after a second nothing has drifted";
    device.drift_seconds = 1e4;
    EXPECT_EQ(conductance(device, 0, 1, 2, true), std::lround(kNominal * std::pow(1e4, -0.05)));
    device.drift_sigma = 0.2;
    const Moments on = moments([&](std::size_t r, std::size_t c) { return conductance(device, 0, r, c, true); });
    const double spread = 0.05 * 0.2 * std::log(1e4), middle = -0.05 * std::log(1e4); // of the logarithm
    EXPECT_NEAR(on.mean / kNominal, std::exp(middle + spread * spread / 2), 0.002);
    EXPECT_NEAR(on.sigma / on.mean, std::sqrt(std::exp(spread * spread) - 1), 0.002);
}

TEST(DeviceModelTest, TheIrDropFallsLinearlyTowardsTheConverters) {
    DeviceConfig device;
    device.ir_drop = 0.2;
    EXPECT_EQ(conductance(device, 0, 3, 255, true), kNominal);
    EXPECT_EQ(conductance(device, 0, 3, 0, true), std::lround(kNominal * 0.8));
    double mean = 0, squares = 0;
    for (std::size_t col = 0; col < 256; ++col) {
        const double g = conductance(device, 0, 3, col, true) / double{kNominal};
        mean += g / 256;
        squares += g * g / 256;
    }
    EXPECT_NEAR(mean, 0.9, 1e-4);
    EXPECT_NEAR(squares - mean * mean, 0.2 * 0.2 / 12, 1e-4) << "of a uniform distribution";
}

TEST(DeviceModelTest, ConverterOffsetsHaveTheDeviationAskedFor) {
    DeviceConfig device;
    device.adc_offset = 1.5;
    double mean = 0, squares = 0;
    constexpr int kCrossbars = 200, kPairs = 128;
    for (std::uint32_t crossbar = 0; crossbar < kCrossbars; ++crossbar)
        for (std::size_t pair = 0; pair < kPairs; ++pair) {
            const double offset = converter_offset(device, crossbar, pair) / double{kNominal};
            mean += offset / (kCrossbars * kPairs);
            squares += offset * offset / (kCrossbars * kPairs);
        }
    EXPECT_NEAR(mean, 0, 0.04); // 4 standard errors
    EXPECT_NEAR(std::sqrt(squares), 1.5, 0.03);
}

TEST(DeviceModelTest, OtherChipsCrossbarsAndCellsDiffer) {
    DeviceConfig device = noisy_device(), other = device;
    other.seed = 2;
    int equal = 0;
    for (std::size_t t = 0; t < 100; ++t) {
        const auto g = conductance(device, 0, 5, t, true);
        equal += g == conductance(other, 0, 5, t, true) || g == conductance(device, 1, 5, t, true) ||
                         g == conductance(device, 0, 6, t, true)
                     ? 1
                     : 0;
    }
    EXPECT_LT(equal, 15);
}

TEST(DeviceModelTest, NoiseIsCloseToNormal) {
    double sum = 0, squares = 0, fourth = 0;
    constexpr int kCount = 100000;
    for (int i = 0; i < kCount; ++i) {
        const double z = normal_of(philox({static_cast<std::uint32_t>(i), 0, 0, 0}, {1, 2})[0]);
        sum += z;
        squares += z * z;
        fourth += z * z * z * z;
    }
    EXPECT_NEAR(sum / kCount, 0, 0.013);
    EXPECT_NEAR(squares / kCount, 1, 0.02);
    EXPECT_NEAR(fourth / kCount, 2.85, 0.12);
}

TEST(AnalogBlockTest, SumsAndCodesAreTheDefinitions) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        Rng rng = make_rng(seed, "test/analog");
        const ArrayGeometry array{2 * 70, 256, 4};
        const BitMatrix cells = random_matrix(rng, 140), source = random_matrix(rng, 1);
        StartTable start;
        for (std::uint8_t& h : start) h = static_cast<std::uint8_t>(rng());
        const GslVector vector{rng()};
        const std::size_t first = seed % 2 == 0 ? 0 : kMaxWidth, outputs = seed % 2 == 0 ? 64 : 6;
        const AnalogBlock block(cells, array, noisy_device(), 9, first, outputs);
        for (const std::size_t step : {100U, 5U}) { // few levels and many
            LevelSet levels;
            for (std::size_t level = 0; level < kStreamBits; level += step) levels.set(level);
            const StreamSet streams({{ConverterKind::sign_bit, 0}, source.row(0), &start}, levels);
            AnalogBlock::Sums sums;
            block.sum_slot(vector, streams, sums);
            OutputBytes flip{};
            flip[1] = 255;
            CodeTable codes(kStreamBits * width_for(outputs));
            block.read_slot(vector, streams, byte_adc({}), flip, codes.data());
            levels.for_each([&](std::size_t level) {
                std::vector<Word> stream(4);
                streams.write(static_cast<unsigned>(level), stream.data());
                for (std::size_t o = 0; o < outputs; ++o) {
                    const auto sum = literal_sum(cells, array, noisy_device(), 9, first + o, vector, stream.data());
                    ASSERT_EQ(sums[level * kMaxWidth + o], sum) << "level " << level << " output " << o;
                    const auto code = std::min<std::int64_t>((std::max<std::int64_t>(sum, 0) + kNominal / 2) / kNominal, 255);
                    ASSERT_EQ(codes[level * width_for(outputs) + o], code ^ flip[o]);
                }
            });
        }
    }
}

TEST(ScEngineNoiseTest, AnIdealDeviceIsTheDefault) {
    const Compiled device = compile_small(small_config());
    const Tensor images = small_images(3, 1);
    DeviceConfig nearly_ideal;
    nearly_ideal.on_off_ratio = 1e6; // takes the path of real cells
    EXPECT_EQ(logits(device, nearly_ideal, images).data, logits(device, {}, images).data);
}

TEST(ScEngineNoiseTest, BatchesThreadsAndInstructionSetsChangeNothing) {
    const Compiled device = compile_small(small_config());
    DeviceConfig cells = noisy_device();
    cells.read_sigma = 0.1;
    const Tensor images = small_images(300, 2);
    set_threads(1);
    const Tensor whole = logits(device, cells, images);
    EXPECT_NE(whole.data, logits(device, noisy_device(), images).data) << "there is noise";
    EXPECT_NE(whole.data, logits(device, cells, images, 1).data) << "every image has noise of its own";
    for (const std::string& level : simd_levels()) {
        use_simd_level(level);
        EXPECT_EQ(logits(device, cells, images).data, whole.data) << level;
    }
    use_simd_level("");
    set_threads(3);
    EXPECT_EQ(logits(device, cells, images).data, whole.data);
    set_threads(0);
    const std::size_t pixels = images.size() / 300, classes = whole.size() / 300;
    for (const std::size_t i : {0U, 7U, 299U}) {
        Tensor one({1, 2, 6, 6});
        std::copy_n(images.data.begin() + static_cast<std::ptrdiff_t>(i * pixels), pixels, one.data.begin());
        const Tensor alone = logits(device, cells, one, i);
        EXPECT_TRUE(std::equal(alone.data.begin(), alone.data.end(),
                               whole.data.begin() + static_cast<std::ptrdiff_t>(i * classes)));
    }
}

/// Mean and deviation of many reads of 100 conducting cells of one line.
Moments reads_of(const DeviceConfig& device) {
    constexpr std::size_t kReads = 20000;
    const ArrayGeometry array{2, 256, 4};
    BitMatrix cells(2, 256);
    for (std::size_t t = 0; t < 256; ++t) {
        cells.set(0, t, true);
        cells.set(1, t, true);
    }
    const AnalogBlock block(cells, array, device, 0, 0, 1);
    const std::vector<std::uint8_t> levels(kReads, 100);
    std::vector<std::uint32_t> origins(kReads);
    for (std::size_t p = 0; p < kReads; ++p) origins[p] = static_cast<std::uint32_t>(p);
    const std::uint32_t offset = 0;
    std::vector<std::int32_t> acc(kReads);
    NoisySum sum(device, 1, {});
    NoisePlace place;
    place.plane = kReads;
    sum.begin({levels.data(), origins.data(), kReads, &offset}, {acc.data(), 1}, place);
    const StreamSet streams({{ConverterKind::lfsr, 1}, nullptr, nullptr}, LevelSet().set(100));
    sum.add_input({}, 0, block, GslVector{0}, streams);
    sum.finish();
    double mean = 0, squares = 0;
    for (const std::int32_t count : acc) {
        mean += count;
        squares += static_cast<double>(count) * count;
    }
    mean /= kReads;
    return {mean, std::sqrt(squares / kReads - mean * mean)};
}

TEST(NoisySumTest, ReadNoiseHasTheDeviationOfIndependentCells) {
    DeviceConfig device;
    device.read_sigma = 0.5; // 100 conducting cells: 5 counts
    const Moments reads = reads_of(device);
    EXPECT_NEAR(reads.mean, 100, 0.15);
    EXPECT_NEAR(reads.sigma, 5, 0.12);
}

TEST(NoisySumTest, ConverterNoiseAddsToThatOfTheCells) {
    DeviceConfig device;
    device.adc_noise = 3;
    const Moments alone = reads_of(device);
    EXPECT_NEAR(alone.mean, 100, 0.1);
    EXPECT_NEAR(alone.sigma, std::sqrt(9 + 1.0 / 12), 0.08) << "and rounding";
    device.read_sigma = 0.4;
    EXPECT_NEAR(reads_of(device).sigma, 5, 0.12) << "3 and 4 counts";
}

TEST(NoisySumTest, AConvertersOffsetMovesTheMean) {
    DeviceConfig device;
    device.adc_noise = 2;
    device.adc_offset = 4;
    EXPECT_NEAR(reads_of(device).mean, 100 + converter_offset(device, 0, 0) / double{kNominal}, 0.1);
}

} // namespace veilram::test
