#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/data/dataset.hpp"
#include "models/data/shifted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <tuple>
#include <turbojpeg.h>
#include <unistd.h>

namespace veilram::test {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A folder of its own for each test, gone afterwards.
class DataTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = fs::temp_directory_path() / ("veilram_" + std::string(info->name()) + std::to_string(::getpid()));
        fs::create_directory(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string folder() const { return folder_.string(); }

private:
    fs::path folder_;
};

std::string big_endian(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
            static_cast<char>(value)};
}

std::string idx_images(std::uint32_t count, std::uint32_t side) {
    std::string text = big_endian(0x803) + big_endian(count) + big_endian(side) + big_endian(side);
    for (std::uint32_t i = 0; i < count * side * side; ++i) text.push_back(static_cast<char>(i * 7));
    return text;
}
std::string idx_labels(const std::string& labels) {
    return big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size())) + labels;
}

void write_gzip(const std::string& path, const std::string& content) {
    gzFile file = gzopen(path.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())), static_cast<int>(content.size()));
    ASSERT_EQ(gzclose(file), Z_OK);
}

template <class Action> std::string error_of(Action action) {
    try {
        action();
    } catch (const UserError& error) {
        return error.what();
    }
    return "no UserError";
}

std::string real_data() {
    const char* folder = std::getenv("VEILRAM_DATA");
    return folder != nullptr && fs::is_directory(folder) ? folder : "";
}

const std::string kTwoLabels("\x03\x09", 2);

TEST_F(DataTest, MnistIsReadFromPlainFiles) {
    write_file(path("train-images-idx3-ubyte"), idx_images(2, 3));
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    const Dataset data = load_mnist(folder(), Split::train);
    EXPECT_EQ(data.shape, (Shape{1, 3, 3}));
    EXPECT_EQ(data.labels, (std::vector<int>{3, 9}));
    ASSERT_EQ(data.pixels.size(), 18U);
    EXPECT_EQ(data.image(1)[2], 11 * 7);
}

TEST_F(DataTest, GzipAndPlainFilesGiveTheSameImages) {
    write_file(path("train-images-idx3-ubyte"), idx_images(2, 3));
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    write_gzip(path("t10k-images-idx3-ubyte.gz"), idx_images(2, 3));
    write_gzip(path("t10k-labels-idx1-ubyte.gz"), idx_labels(kTwoLabels));
    EXPECT_EQ(load_mnist(folder(), Split::train).pixels, load_mnist(folder(), Split::test).pixels);
}

TEST_F(DataTest, AMissingMnistFileIsNamed) {
    EXPECT_THAT(error_of([&] { load_mnist(path("nowhere"), Split::train); }),
                AllOf(HasSubstr("nowhere"), HasSubstr("no such folder")));
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::test); }), HasSubstr("t10k-images-idx3-ubyte"));
    write_file(path("t10k-images-idx3-ubyte"), idx_images(2, 3));
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::test); }), HasSubstr("t10k-labels-idx1-ubyte"));
}

TEST_F(DataTest, ATruncatedMnistFileIsRefusedWhereverItEnds) {
    const std::string whole = idx_images(2, 3);
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file(path("train-images-idx3-ubyte"), whole.substr(0, size));
        EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }),
                    AllOf(HasSubstr("train-images-idx3-ubyte"), HasSubstr("truncated")))
            << size << " bytes";
    }
}

TEST_F(DataTest, ATruncatedGzipFileIsRefusedWhereverItEnds) {
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    write_gzip(path("whole"), idx_images(2, 3));
    const std::string whole = read_file(path("whole"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write_file(path("train-images-idx3-ubyte.gz"), whole.substr(0, size));
        EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }), HasSubstr("train-images-idx3-ubyte.gz"))
            << size << " bytes";
    }
}

TEST_F(DataTest, ADamagedGzipChecksumIsRefused) {
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    write_gzip(path("whole"), idx_images(2, 3));
    std::string damaged = read_file(path("whole"));
    damaged[damaged.size() - 6] ^= 1; // inside the CRC
    write_file(path("train-images-idx3-ubyte.gz"), damaged);
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }),
                AllOf(HasSubstr("corrupt"), HasSubstr("train-images")));
}

TEST_F(DataTest, ImagesAndLabelsMustBelongTogether) {
    write_file(path("train-images-idx3-ubyte"), idx_images(3, 3));
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }),
                AllOf(HasSubstr("2 labels"), HasSubstr("3 images"), HasSubstr("train-labels")));
}

TEST_F(DataTest, AFileThatIsNotIdxIsRefused) {
    write_file(path("train-labels-idx1-ubyte"), idx_labels(kTwoLabels));
    write_file(path("train-images-idx3-ubyte"), idx_labels(kTwoLabels));
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }),
                AllOf(HasSubstr("train-images"), HasSubstr("magic number")));
    write_file(path("train-images-idx3-ubyte"), idx_images(2, 3) + "x");
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }), HasSubstr("longer than its header"));
    write_file(path("train-images-idx3-ubyte"),
               big_endian(0x803) + big_endian(0xffffffff) + big_endian(28) + big_endian(28));
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }), HasSubstr("4294967295 images"));
}

TEST_F(DataTest, ALabelAboveNineIsRefused) {
    write_file(path("train-images-idx3-ubyte"), idx_images(2, 3));
    write_file(path("train-labels-idx1-ubyte"), idx_labels(std::string("\x03\x0a", 2)));
    EXPECT_THAT(error_of([&] { load_mnist(folder(), Split::train); }),
                AllOf(HasSubstr("label 1 is 10"), HasSubstr("train-labels")));
}

std::string cifar_record(char label, char pixel) { return std::string(1, label) + std::string(3072, pixel); }

TEST_F(DataTest, CifarBatchesAreReadInTheOrderOfTheirNames) {
    write_file(path("data_batch_2.bin"), cifar_record(7, 'b'));
    write_file(path("data_batch_1.bin"), cifar_record(1, 'a') + cifar_record(2, 'a'));
    write_file(path("test_batch.bin"), cifar_record(5, 't'));
    const Dataset data = load_cifar10(folder(), Split::train);
    EXPECT_EQ(data.shape, (Shape{3, 32, 32}));
    EXPECT_EQ(data.labels, (std::vector<int>{1, 2, 7}));
    EXPECT_EQ(data.image(2)[0], 'b');
    EXPECT_EQ(load_cifar10(folder(), Split::test).labels, (std::vector<int>{5}));
}

TEST_F(DataTest, BadCifarFilesAreRefused) {
    EXPECT_THAT(error_of([&] { load_cifar10(path("nowhere"), Split::train); }), HasSubstr("nowhere"));
    EXPECT_THAT(error_of([&] { load_cifar10(folder(), Split::train); }), HasSubstr("data_batch_*.bin"));
    write_file(path("test_batch.bin"), cifar_record(5, 't').substr(1));
    EXPECT_THAT(error_of([&] { load_cifar10(folder(), Split::test); }),
                AllOf(HasSubstr("test_batch.bin"), HasSubstr("truncated")));
    write_file(path("test_batch.bin"), "");
    EXPECT_THAT(error_of([&] { load_cifar10(folder(), Split::test); }), HasSubstr("truncated"));
    write_file(path("test_batch.bin"), cifar_record(5, 't') + cifar_record(10, 't'));
    EXPECT_THAT(error_of([&] { load_cifar10(folder(), Split::test); }), HasSubstr("record 1 is 10"));
}

TEST_F(DataTest, ASourceOfFilesNeedsAFolder) {
    DataConfig config;
    config.source = DataSource::mnist;
    EXPECT_THAT(error_of([&] { load_data(config, Split::test); }), HasSubstr("data.path"));
}

TEST(DatasetTest, ASliceIsClippedToWhatExists) {
    const Dataset data = generate_digits(1, Split::test, 10);
    const Dataset middle = data.slice(3, 4);
    EXPECT_EQ(middle.labels, std::vector<int>(data.labels.begin() + 3, data.labels.begin() + 7));
    EXPECT_TRUE(std::equal(middle.pixels.begin(), middle.pixels.end(), data.image(3)));
    EXPECT_EQ(data.slice(8, 100).count(), 2U);
    EXPECT_EQ(data.slice(11, 1).count(), 0U);
    EXPECT_EQ(data.slice(2, std::string::npos).count(), 8U);
}

TEST(DigitsTest, AnImageDependsOnSeedSplitAndIndexOnly) {
    const Dataset few = generate_digits(5, Split::train, 25), many = generate_digits(5, Split::train, 60);
    EXPECT_EQ(many.slice(0, 25).pixels, few.pixels);
    EXPECT_EQ(many.slice(0, 25).labels, few.labels);
    EXPECT_NE(generate_digits(6, Split::train, 25).pixels, few.pixels);
    EXPECT_NE(generate_digits(5, Split::test, 25).pixels, few.pixels);
}

TEST(DigitsTest, LabelsAreBalancedInEveryTenImages) {
    const Dataset data = generate_digits(3, Split::train, 200);
    for (std::size_t block = 0; block < 20; ++block) {
        std::vector<int> labels = data.slice(10 * block, 10).labels;
        std::sort(labels.begin(), labels.end());
        EXPECT_EQ(labels, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    }
}

TEST(DigitsTest, NoTwoImagesAreTheSame) {
    const Dataset data = generate_digits(2, Split::train, 500);
    std::vector<std::string> images;
    for (std::size_t i = 0; i < data.count(); ++i)
        images.emplace_back(data.image(i), data.image(i) + data.image_size());
    std::sort(images.begin(), images.end());
    EXPECT_EQ(std::adjacent_find(images.begin(), images.end()), images.end());
}

/// White ink on black, an empty frame of one pixel, about 20 pixels tall or wide, the centre of mass near the middle.
TEST(DigitsTest, InkIsPlacedAsInMnist) {
    const Dataset data = generate_digits(4, Split::test, 1000);
    for (std::size_t i = 0; i < data.count(); ++i) {
        int low_x = 28, high_x = -1, low_y = 28, high_y = -1, brightest = 0;
        double mass = 0, x_sum = 0, y_sum = 0;
        for (int y = 0; y < 28; ++y)
            for (int x = 0; x < 28; ++x) {
                const int ink = data.image(i)[y * 28 + x];
                brightest = std::max(brightest, ink);
                mass += ink, x_sum += ink * (x + 0.5), y_sum += ink * (y + 0.5);
                if (ink < 64) continue;
                low_x = std::min(low_x, x), high_x = std::max(high_x, x), low_y = std::min(low_y, y),
                high_y = std::max(high_y, y);
            }
        ASSERT_GE(brightest, 180) << i;
        EXPECT_GE(std::max(high_x - low_x, high_y - low_y) + 1, 14) << i;
        EXPECT_LE(std::max(high_x - low_x, high_y - low_y) + 1, 22) << i;
        EXPECT_GE(std::min(low_x, low_y), 1) << i;
        EXPECT_LE(std::max(high_x, high_y), 26) << i;
        EXPECT_NEAR(x_sum / mass, 14, 3.5) << i;
        EXPECT_NEAR(y_sum / mass, 14, 3.5) << i;
    }
}

/// A picture of one colour that gets darker from left to right, as JPEG.
std::string jpeg(int width, int height, const std::array<int, 3>& colour) {
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (const int c : colour) rgb.push_back(static_cast<std::uint8_t>(c * (width - x) / width));
    const std::unique_ptr<void, decltype(&tjDestroy)> encoder(tjInitCompress(), &tjDestroy);
    unsigned char* data = nullptr;
    unsigned long size = 0;
    EXPECT_EQ(tjCompress2(encoder.get(), rgb.data(), width, 0, height, TJPF_RGB, &data, &size, TJSAMP_444, 100, 0), 0);
    std::string content(reinterpret_cast<char*>(data), size);
    tjFree(data);
    return content;
}

class ImagenetTest : public DataTest {
protected:
    void SetUp() override {
        DataTest::SetUp();
        fs::create_directory(path("val"));
        std::string list;
        for (int i = 0; i < 6; ++i) {
            const std::string name = "picture_" + std::to_string(i) + ".JPEG";
            write_file(path("val/" + name), jpeg(20, 10, {40 * i, 100, 250 - 40 * i}));
            list += name + " " + std::to_string(100 + i) + "\n";
        }
        write_file(path("val_labels.txt"), list);
    }
    PictureFormat format(int resize, int crop, ColourOrder order = ColourOrder::rgb) { return {resize, crop, order}; }
    void expect_refused(const std::string& complaint) {
        try {
            load_imagenet(folder(), ImagenetPart::all, format(0, 8));
            ADD_FAILURE() << "accepted; expected: " << complaint;
        } catch (const UserError& error) {
            EXPECT_THAT(error.what(), HasSubstr(complaint));
        }
    }
};

TEST_F(ImagenetTest, CutsTheMiddleInTheOrderOfTheNames) {
    const Dataset rgb = load_imagenet(folder(), ImagenetPart::all, format(0, 8));
    EXPECT_EQ(rgb.shape, (Shape{3, 8, 8}));
    EXPECT_EQ(rgb.labels, (std::vector<int>{100, 101, 102, 103, 104, 105}));
    for (std::size_t i = 0; i < rgb.count(); ++i)
        for (int x = 0; x < 8; ++x) { // columns 6 .. 13 of 20
            EXPECT_NEAR(rgb.image(i)[x], 40 * static_cast<int>(i) * (14 - x) / 20, 3);
            EXPECT_NEAR(rgb.image(i)[64 + x], 100 * (14 - x) / 20, 3);
        }
    const Dataset bgr = load_imagenet(folder(), ImagenetPart::all, format(0, 8, ColourOrder::bgr));
    for (int plane = 0; plane < 3; ++plane)
        EXPECT_TRUE(
            std::equal(rgb.image(2) + 64 * plane, rgb.image(2) + 64 * (plane + 1), bgr.image(2) + 64 * (2 - plane)));
}

TEST_F(ImagenetTest, ScalesTheShorterSide) {
    const Dataset half = load_imagenet(folder(), ImagenetPart::all, format(5, 5));
    for (int x = 0; x < 5; ++x) // the middle 5 of 10 columns, each of 2 old ones
        EXPECT_NEAR(half.image(0)[25 + x], 100 * (20 - 2 * (x + 2) - 0.5) / 20, 3);
    const Dataset twice = load_imagenet(folder(), ImagenetPart::all, format(20, 20));
    EXPECT_EQ(twice.image_size(), 3U * 20 * 20);
}

TEST_F(ImagenetTest, PartsDoNotOverlap) {
    const Dataset train = load_imagenet(folder(), ImagenetPart::train, format(0, 8));
    const Dataset test = load_imagenet(folder(), ImagenetPart::test, format(0, 8));
    EXPECT_EQ(train.labels, (std::vector<int>{100, 101, 102})); // half of so few
    EXPECT_EQ(test.labels, (std::vector<int>{103, 104, 105}));
    EXPECT_EQ(load_imagenet(folder(), ImagenetPart::test, format(0, 8), 2).labels, (std::vector<int>{103, 104}));
    fs::create_directories(path("train/n02"));
    fs::create_directories(path("train/n01"));
    write_file(path("train/n01/b.jpg"), jpeg(9, 9, {1, 2, 3}));
    write_file(path("train/n02/a.jpg"), jpeg(9, 9, {1, 2, 3}));
    EXPECT_EQ(load_imagenet(folder(), ImagenetPart::train, format(0, 8)).labels, (std::vector<int>{1, 0}));
    EXPECT_EQ(load_imagenet(folder(), ImagenetPart::test, format(0, 8)).count(), 6U);
}

TEST_F(ImagenetTest, DamageIsNamed) {
    write_file(path("val/picture_3.JPEG"), jpeg(20, 10, {1, 2, 3}).substr(0, 300));
    expect_refused("picture_3.JPEG");
    write_file(path("val/picture_3.JPEG"), "GIF89a");
    expect_refused("picture_3.JPEG");
    write_file(path("val/picture_3.JPEG"), jpeg(20, 7, {1, 2, 3}));
    expect_refused("smaller than the 8x8");
    fs::remove(path("val/picture_3.JPEG"));
    write_file(path("val/stranger.JPEG"), jpeg(20, 10, {1, 2, 3}));
    expect_refused("no line for stranger.JPEG");
    write_file(path("val_labels.txt"), "picture_0.JPEG 1000\n");
    expect_refused("line 1");
    fs::remove_all(path("val"));
    expect_refused("no such folder");
}

TEST(ShiftedTest, MovesEveryImageByWholePixelsAndMirrorsHalfOfThem) {
    constexpr int kSide = 5, kMost = 2;
    Dataset images{{2, kSide, kSide}, {}, {}};
    for (int i = 0; i < 200; ++i) {
        for (int p = 0; p < 2 * kSide * kSide; ++p) images.pixels.push_back(static_cast<std::uint8_t>(p + 1));
        images.labels.push_back(i);
    }
    Rng rng = make_rng(1, "shifted");
    const Dataset moved = shifted(images, kMost, true, rng);
    EXPECT_EQ(moved.labels, images.labels);
    const auto fits = [&](std::size_t i, int down, int right, bool mirror) {
        for (int c = 0; c < 2; ++c)
            for (int y = 0; y < kSide; ++y)
                for (int x = 0; x < kSide; ++x) {
                    const int from_y = y - down, from_x = (mirror ? kSide - 1 - x : x) - right;
                    const bool inside = from_y >= 0 && from_y < kSide && from_x >= 0 && from_x < kSide;
                    const int wanted = inside ? c * kSide * kSide + from_y * kSide + from_x + 1 : 0;
                    if (moved.image(i)[(c * kSide + y) * kSide + x] != wanted) return false;
                }
        return true;
    };
    std::set<std::tuple<int, int, bool>> seen;
    for (std::size_t i = 0; i < moved.count(); ++i) {
        int ways = 0;
        for (int down = -kMost; down <= kMost; ++down)
            for (int right = -kMost; right <= kMost; ++right)
                for (const bool mirror : {false, true})
                    if (fits(i, down, right, mirror)) seen.emplace(down, right, mirror), ++ways;
        EXPECT_EQ(ways, 1) << i;
    }
    EXPECT_GT(seen.size(), 40U) << "of 50 ways";
    Rng same = make_rng(1, "shifted");
    EXPECT_EQ(shifted(images, 0, false, same).pixels, images.pixels);
}

TEST(RealDataTest, ImagenetHasItsKnownSize) {
    if (real_data().empty()) GTEST_SKIP() << "VEILRAM_DATA names no folder with data sets";
    const Dataset data = load_imagenet(real_data() + "/imagenet", ImagenetPart::test, {}, 3);
    EXPECT_EQ(data.shape, (Shape{3, 224, 224}));
    EXPECT_EQ(data.count(), 3U);
    EXPECT_EQ(load_imagenet(real_data() + "/imagenet", ImagenetPart::all, {0, 1, ColourOrder::rgb}).count(), 650U);
}

TEST(RealDataTest, MnistHasItsKnownSize) {
    if (real_data().empty()) GTEST_SKIP() << "VEILRAM_DATA names no folder with data sets";
    const Dataset train = load_mnist(real_data() + "/mnist", Split::train),
                  test = load_mnist(real_data() + "/mnist", Split::test);
    EXPECT_EQ(train.shape, (Shape{1, 28, 28}));
    EXPECT_EQ(train.count(), 60'000U);
    EXPECT_EQ(test.count(), 5'000U);
    EXPECT_EQ(train.slice(0, 5).labels, (std::vector<int>{5, 0, 4, 1, 9}));
    EXPECT_EQ(test.slice(0, 5).labels, (std::vector<int>{7, 2, 1, 0, 4}));
}

TEST(RealDataTest, CifarHasItsKnownSize) {
    if (real_data().empty()) GTEST_SKIP() << "VEILRAM_DATA names no folder with data sets";
    const Dataset train = load_cifar10(real_data() + "/cifar10", Split::train),
                  test = load_cifar10(real_data() + "/cifar10", Split::test);
    EXPECT_EQ(train.count(), 20'000U);
    EXPECT_EQ(test.count(), 4'943U);
    EXPECT_EQ(train.slice(0, 3).labels, (std::vector<int>{6, 4, 3}));
}

} // namespace
} // namespace veilram::test
