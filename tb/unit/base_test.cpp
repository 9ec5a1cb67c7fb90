// Units, bits, diagnostics, random numbers, statistics, files, progress and work on several cores.
#include "models/base/bits.hpp"
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/base/progress.hpp"
#include "models/base/random.hpp"
#include "models/base/stats.hpp"
#include "models/base/units.hpp"
#include "models/base/xz.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <lzma.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace veilram::test {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The message of the UserError that `work` throws.
template <class Work> std::string refusal(Work work) {
    try {
        work();
    } catch (const UserError& error) {
        return error.what();
    }
    return "accepted";
}

TEST(UnitsTest, EveryUnitIsReadExactly) {
    EXPECT_EQ(parse_time("7 ps"), Ps{7});
    EXPECT_EQ(parse_time("1.5 ns"), Ps{1'500});
    EXPECT_EQ(parse_time("2us"), Ps{2'000'000});
    EXPECT_EQ(parse_time("0.25 ms"), Ps{250'000'000});
    EXPECT_EQ(parse_time("1 s"), Ps{1'000'000'000'000});
    EXPECT_EQ(parse_energy("120 fJ"), Fj{120});
    EXPECT_EQ(parse_energy("1.667 pJ"), Fj{1'667});
    EXPECT_EQ(parse_energy("3 nJ"), Fj{3'000'000});
    EXPECT_EQ(parse_energy("4 uJ"), Fj{4'000'000'000});
    EXPECT_EQ(parse_energy("5 mJ"), Fj{5'000'000'000'000});
    EXPECT_EQ(parse_energy("-6 J"), Fj{-6'000'000'000'000'000});
}

TEST(UnitsTest, WhatIsNoWholeQuantityIsRefused) {
    for (const char* text :
         {"", "5", "ns", "5 NS", "5 ns x", "5 fJ", "0.5 ps", "1.0005 ns", "nan ns", "inf s", "1e9 s"})
        EXPECT_FALSE(parse_time(text)) << text;
    for (const char* text : {"5", "5 ns", "0.1 fJ", "1 kJ", "10000 J"}) EXPECT_FALSE(parse_energy(text)) << text;
}

TEST(UnitsTest, PrintsTheLargestUnitThatIsShortAndReadsItBack) {
    EXPECT_EQ(to_string(Ps{0}), "0 ps");
    EXPECT_EQ(to_string(Ps{999}), "999 ps");
    EXPECT_EQ(to_string(Ps{1'500}), "1.5 ns");
    EXPECT_EQ(to_string(Ps{-1'500}), "-1.5 ns");
    EXPECT_EQ(to_string(Ps{1'000'001}), "1000.001 ns");
    EXPECT_EQ(to_string(Fj{60'000}), "60 pJ");
    for (const std::int64_t value :
         {0LL, 1LL, 999LL, 1'000LL, 26'656LL, 123'456'789LL, 1'000'000'000'000LL, -2'050LL}) {
        EXPECT_EQ(parse_time(to_string(Ps{value})), Ps{value});
        EXPECT_EQ(parse_energy(to_string(Fj{value})), Fj{value});
    }
}

TEST(UnitsTest, QuantitiesAddScaleAndCompare) {
    Ps sum = Ps{3} + Ps{4} * 2 - 1 * Ps{1};
    sum += Ps{5};
    EXPECT_EQ(sum, Ps{15});
    EXPECT_TRUE(Ps{1} < Ps{2} && Ps{2} > Ps{1} && Ps{2} <= Ps{2} && Ps{2} >= Ps{2} && Ps{1} != Ps{2});
    EXPECT_DOUBLE_EQ(seconds(Ps{1'500}), 1.5e-9);
    EXPECT_DOUBLE_EQ(joules(Fj{1'500}), 1.5e-12);
}

/// Random bits of any width.
BitMatrix random_bits(std::size_t rows, std::size_t cols) {
    Rng rng = make_rng(rows * 1000 + cols, "bits");
    BitMatrix bits(rows, cols);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < cols; ++c) bits.set(r, c, (rng() & 1U) != 0);
    return bits;
}

TEST(BitsTest, EveryBitIsItsOwn) {
    std::array<Word, 3> words{};
    for (const std::size_t bit : {0U, 63U, 64U, 130U}) {
        set_bit(words.data(), bit, true);
        EXPECT_TRUE(get_bit(words.data(), bit));
        EXPECT_EQ(popcount(words.data(), words.size()), 1U);
        set_bit(words.data(), bit, false);
        EXPECT_EQ(popcount(words.data(), words.size()), 0U);
    }
    EXPECT_EQ(words_for(0), 0U);
    EXPECT_EQ(words_for(64), 1U);
    EXPECT_EQ(words_for(65), 2U);
}

TEST(BitsTest, BytesHoldEveryMatrix) {
    for (const std::size_t cols : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 256U, 300U}) {
        const BitMatrix bits = random_bits(5, cols);
        const auto bytes = to_bytes(bits);
        EXPECT_EQ(bytes.size(), 5 * ((cols + 7) / 8));
        EXPECT_EQ(from_bytes(bytes.data(), bytes.size(), 5, cols), bits) << cols;
    }
}

TEST(BitsTest, TheFirstBitIsTheLowestOfTheFirstByte) {
    BitMatrix bits(2, 9);
    bits.set(0, 0, true);
    bits.set(1, 8, true);
    EXPECT_EQ(to_bytes(bits), (std::vector<std::uint8_t>{1, 0, 0, 1}));
}

TEST(BitsTest, PaddingBitsOfForeignBytesStayOut) {
    const std::vector<std::uint8_t> ones(4, 0xff);
    const BitMatrix bits = from_bytes(ones.data(), ones.size(), 2, 9);
    EXPECT_EQ(popcount(bits.row(0), bits.words_per_row()), 9U);
}

TEST(BitsTest, AWrongNumberOfBytesIsAMistakeOfTheProgram) {
    const std::vector<std::uint8_t> bytes(5);
    EXPECT_THROW(from_bytes(bytes.data(), bytes.size(), 2, 9), ModelError);
}

TEST(BitsTest, MatricesOfOtherSizesDiffer) {
    EXPECT_NE(BitMatrix(2, 64), BitMatrix(1, 128));
    EXPECT_EQ(BitMatrix(2, 64), BitMatrix(2, 64));
}

TEST(DiagnosticsTest, NamesPlaceAndFieldAsFarAsTheyAreKnown) {
    Diagnostics problems;
    EXPECT_NO_THROW(problems.raise());
    EXPECT_TRUE(problems.empty());
    problems.add({"a.yaml", 7, 12}, "map.n", "0 is not in 1..32");
    problems.add({"a.yaml", 7, 0}, "map", "is odd");
    problems.add({"a.yaml", 0, 9}, "", "is empty");
    problems.add({}, "seed", "is missing");
    EXPECT_THAT(problems.lines(),
                ::testing::ElementsAre("a.yaml:7:12: map.n: 0 is not in 1..32", "a.yaml:7: map: is odd",
                                       "a.yaml: is empty", "seed: is missing"));
    try {
        problems.raise();
        FAIL() << "nothing was thrown";
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()), "a.yaml:7:12: map.n: 0 is not in 1..32\na.yaml:7: map: is odd\n"
                                             "a.yaml: is empty\nseed: is missing");
    }
}

TEST(RandomTest, SeedAndNameDecideAndNothingElse) {
    EXPECT_EQ(make_rng(1, "a")(), make_rng(1, "a")());
    EXPECT_NE(make_rng(1, "a")(), make_rng(2, "a")());
    EXPECT_NE(make_rng(1, "a")(), make_rng(1, "b")());
    EXPECT_NE(make_rng(1, "a")(), make_rng((1ULL << 63) + 1, "a")());
}

TEST(RandomTest, NumbersAreTheSameOnEveryPlatform) { // images, tuned networks and published figures depend on them
    Rng rng = make_rng(1, "place/0/0");
    EXPECT_EQ(rng(), 8163741640559145260U);
    EXPECT_EQ(rng(), 19880320301181343U);
}

TEST(RandomTest, NearSeedsGiveUnrelatedNumbers) {
    unsigned different = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed)
        different += popcount(make_rng(seed, "x")() ^ make_rng(seed + 1, "x")());
    EXPECT_NEAR(different, 100 * 32, 4 * 40); // four standard deviations of fair bits
}

TEST(StatsTest, AGroupKeepsBlockUnitAndOrder) {
    StatGroup group("veilram.gsl");
    group.count("loads", 3, "vectors loaded");
    group.time("busy", Ps{1'500}, "time at work");
    group.energy("energy", Fj{7}, "dynamic energy");
    const auto& stats = group.stats();
    ASSERT_EQ(stats.size(), 3U);
    EXPECT_EQ(stats[0].name, "loads");
    EXPECT_EQ(stats[0].description, "vectors loaded");
    EXPECT_EQ(stats[0].value, 3);
    EXPECT_EQ(stats[1].value, 1'500);
    EXPECT_EQ(stats[2].value, 7);
    const std::vector<std::string> units{"count", "ps", "fJ"};
    for (std::size_t i = 0; i < stats.size(); ++i) {
        EXPECT_EQ(stats[i].unit, units[i]);
        EXPECT_EQ(stats[i].block, "veilram.gsl");
    }
}

/// A folder of its own for each test, removed afterwards.
class FileTest : public ::testing::Test {
protected:
    FileTest() {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::temp_directory_path() / ("veilram_" + std::string(info->name()) + std::to_string(::getpid()));
        fs::create_directories(folder_);
    }
    ~FileTest() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    fs::path folder_;
};

TEST_F(FileTest, WhatWasWrittenIsRead) {
    const std::string content("a\0b\r\n\xff", 6);
    write_file(path("a"), "longer than what follows");
    write_file(path("a"), content);
    EXPECT_EQ(read_file(path("a")), content);
    write_file(path("empty"), "");
    EXPECT_EQ(read_file(path("empty")), "");
    EXPECT_EQ(files(), 2U);
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNothingElse) {
    write_file(path("a"), "old");
    EXPECT_THROW(write_atomically(path("a"),
                                  [](const std::string& temporary) {
                                      write_file(temporary, "half of the n");
                                      throw std::runtime_error("the disk is full");
                                  }),
                 std::runtime_error);
    EXPECT_EQ(read_file(path("a")), "old");
    EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, UnreadableFilesAreNamed) {
    EXPECT_THAT(refusal([&] { read_file(path("nothing")); }), HasSubstr("nothing: cannot open"));
    EXPECT_THAT(refusal([&] { read_file(folder_.string()); }), HasSubstr("is a folder, expected a file"));
}

TEST_F(FileTest, OnlyARegularFileIsReplaced) {
    fs::create_directories(path("folder"));
    for (const std::string& place : {std::string("/dev/null"), path("folder")}) {
        EXPECT_THAT(refusal([&] { write_file(place, "x"); }),
                    HasSubstr(place + ": cannot write: it is there and is no"));
        EXPECT_THAT(refusal([&] { check_writable(place); }),
                    HasSubstr(place + ": cannot write: it is there and is no"));
    }
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    EXPECT_TRUE(fs::is_directory(path("folder")));
}

TEST_F(FileTest, ASymbolicLinkStaysAndItsTargetIsWritten) {
    fs::create_directories(path("elsewhere"));
    fs::create_symlink("elsewhere/target", path("link")); // dangles at first
    fs::create_symlink(path("link"), path("link_to_link"));
    for (const std::string content : {"first", "second"}) {
        write_file(path("link_to_link"), content);
        EXPECT_EQ(read_file(path("elsewhere/target")), content);
        EXPECT_TRUE(fs::is_symlink(path("link")));
        EXPECT_TRUE(fs::is_symlink(path("link_to_link")));
    }
    fs::create_symlink("round", path("round"));
    EXPECT_THAT(refusal([&] { write_file(path("round"), "x"); }), HasSubstr("round: cannot write"));
}

TEST_F(FileTest, APlaceIsTriedWithoutATrace) {
    check_writable(path("new"));
    EXPECT_EQ(files(), 0U);
    write_file(path("old"), "old");
    check_writable(path("old"));
    EXPECT_EQ(read_file(path("old")), "old");
    EXPECT_THAT(refusal([&] { check_writable(path("no/such/folder")); }), HasSubstr("no/such/folder: cannot write"));
    EXPECT_THAT(refusal([&] { write_file(path("no/such/folder"), "x"); }), HasSubstr("no/such/folder: cannot write"));
}

TEST(ProgressTest, IsSilentWhereNobodyLooks) {
    ::testing::internal::CaptureStderr(); // a file: no terminal
    {
        Progress progress("work", 3);
        std::this_thread::sleep_for(std::chrono::milliseconds(2100)); // a terminal would see it from now on
        for (int i = 0; i < 5; ++i) progress.step();
        Progress nothing("nothing", 0);
        nothing.step();
    }
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), IsEmpty());
}

class ParallelTest : public ::testing::TestWithParam<std::size_t> {
protected:
    ParallelTest() { set_threads(GetParam()); }
    ~ParallelTest() override { set_threads(0); }
};

TEST_P(ParallelTest, EveryIndexIsVisitedOnce) {
    for (const std::size_t count : {0U, 1U, 2U, 7U, 1000U}) {
        std::vector<std::atomic<int>> visits(count);
        parallel_for(count, [&](std::size_t i) { ++visits.at(i); });
        for (const auto& visit : visits) EXPECT_EQ(visit, 1) << count;
    }
}

std::string packed_xz(const std::string& content) {
    std::string packed(lzma_stream_buffer_bound(content.size()), '\0');
    std::size_t size = 0;
    const auto bytes = [](const std::string& text) { return reinterpret_cast<const std::uint8_t*>(text.data()); };
    EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, bytes(content), content.size(),
                                      reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
              LZMA_OK);
    packed.resize(size);
    return packed;
}

TEST(XzTest, ComesBackAndNoticesDamage) {
    for (const std::string& content : {std::string(), std::string("text"), std::string(3'000'000, 'a')}) {
        const std::string packed = packed_xz(content);
        EXPECT_TRUE(is_xz(packed));
        EXPECT_EQ(unpack_xz(packed), content);
        for (std::size_t size = 0; size < packed.size(); ++size)
            EXPECT_THROW(unpack_xz(packed.substr(0, size)), UserError) << size << " of " << packed.size();
        for (std::size_t i = 0; i < packed.size(); i += 1 + packed.size() / 50) {
            std::string damaged = packed;
            damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
            EXPECT_THROW(unpack_xz(damaged), UserError) << "byte " << i;
        }
    }
    EXPECT_FALSE(is_xz("text"));
}

TEST_P(ParallelTest, LoopsMayBeNested) {
    std::vector<std::atomic<int>> visits(20);
    parallel_for(4, [&](std::size_t i) { parallel_for(5, [&](std::size_t j) { ++visits[5 * i + j]; }); });
    for (const auto& visit : visits) EXPECT_EQ(visit, 1);
}

TEST_P(ParallelTest, AnExceptionArrives) {
    for (const std::size_t bad : {0U, 7U, 99U}) {
        const auto work = [&](std::size_t i) {
            if (i == bad) throw UserError("index " + std::to_string(i));
        };
        EXPECT_EQ(refusal([&] { parallel_for(100, work); }), "index " + std::to_string(bad));
    }
}

TEST_P(ParallelTest, TheNumberOfThreadsIsAsSet) {
    EXPECT_EQ(thread_count(), GetParam());
    set_threads(GetParam() + 1); // a larger number after a smaller one
    EXPECT_EQ(thread_count(), GetParam() + 1);
    set_threads(0);
    EXPECT_GE(thread_count(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Threads, ParallelTest, ::testing::Values(1U, 2U, 4U));

} // namespace
} // namespace veilram::test
