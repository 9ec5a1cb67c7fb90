#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/image/hdf5_file.hpp"
#include "tb/unit/small_network.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

namespace veilram::test {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kSeeds[] = {1, 2, 3};

/// A folder of this test's own, removed afterwards.
class ImageFileTest : public ::testing::Test {
protected:
    ImageFileTest() {
        folder_ = fs::temp_directory_path() / ("veilram_image_" + std::to_string(::getpid()));
        fs::create_directories(folder_);
        path_ = folder_ / "small.h5";
    }
    ~ImageFileTest() override { fs::remove_all(folder_); }

    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}));
    }
    void expect_refused(const std::string& content, const std::string& complaint) {
        write_file(path_, content);
        expect_refused(complaint);
    }
    /// Expects read_image to refuse the file with a text that names it and contains `complaint`.
    void expect_refused(const std::string& complaint) {
        try {
            read_image(path_);
            ADD_FAILURE() << "accepted; expected: " << complaint;
        } catch (const UserError& error) {
            EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find(complaint), std::string::npos) << error.what();
        }
    }

    fs::path folder_, path_;
};

/// What an image file is made of, for files that are wrong in one point.
struct FileParts {
    std::uint32_t format = 1, rows = 8, cols = 256, n = 3;
    Hdf5Dims cells, signs;
    std::size_t blobs = 3;
    bool with_program = true;

    explicit FileParts(const Image& image)
        : cells{image.nvm.cells.size(), 8, 32}, signs{image.nvm.signs.size(), 3, 32} {}

    void write(const Image& image, const std::string& path) const {
        Hdf5Writer file(path, path, 1 << 20);
        file.attribute("format", format);
        file.attribute("rows", rows);
        file.attribute("cols", cols);
        file.attribute("n", n);
        for (const char* group : {"/nvm", "/memory", "/memory/sealed"}) file.group(group);
        file.make_bytes("/nvm/cells", cells);
        file.make_bytes("/nvm/signs", signs);
        const auto* text = reinterpret_cast<const std::uint8_t*>(image.memory.program.data());
        if (with_program) file.bytes("/memory/program", text, image.memory.program.size());
        for (std::size_t l = 0; l < blobs; ++l)
            file.bytes("/memory/sealed/layer_00" + std::to_string(l), Bytes(10).data(), 10);
        file.close();
    }
};

bool equal(const Image& a, const Image& b) {
    return a.nvm.cells == b.nvm.cells && a.nvm.signs == b.nvm.signs && a.memory.program == b.memory.program &&
           a.memory.sealed == b.memory.sealed;
}

/// Every value of a JSON tree that is not a container, replaced by `value`, is refused or is harmless; never anything
/// else.
void expect_no_crash(const std::string& text) {
    try {
        decode_program(text);
    } catch (const UserError&) {
    }
}

} // namespace

TEST(ToTensorTest, NormalisesEachChannel) {
    const std::uint8_t pixels[] = {0, 255, 51, 102, 255, 0, 0, 0};
    const Tensor tensor = to_tensor(pixels, 2, {2, 1, 2}, {{0.5F, 0.0F}, {0.5F, 2.0F}});
    EXPECT_EQ(tensor.shape, (Shape{2, 2, 1, 2}));
    const std::vector<float> expected{-1.0F, 1.0F, 0.1F, 0.2F, 1.0F, -1.0F, 0.0F, 0.0F};
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(tensor.data[i], expected[i]);
    EXPECT_FLOAT_EQ(to_tensor(pixels, 1, {1, 2, 2}, {}).data[2], 0.2F);
}

TEST(ProgramTest, EncodingSurvivesARoundTripExactly) {
    for (const std::uint64_t seed : kSeeds) {
        CompileConfig config = small_config();
        config.converter = {seed == 2 ? ConverterKind::lfsr : ConverterKind::sign_bit,
                            static_cast<std::uint8_t>(10 * seed)};
        config.signs = {seed == 3 ? SignMode::public_signs : SignMode::masked, MaskGenerator::aes_ctr};
        config.adc = {7, AdcOverflow::truncate};
        const Program program = compile_small(config, seed).program;
        const std::string text = encode(program);
        const Program again = decode_program(text);
        EXPECT_EQ(encode(again), text);
        EXPECT_EQ(again.converter.kind, config.converter.kind);
        EXPECT_EQ(again.converter.lfsr_seed, config.converter.lfsr_seed);
        EXPECT_EQ(again.signs.mode, config.signs.mode);
        EXPECT_EQ(again.signs.generator, config.signs.generator);
        EXPECT_EQ(again.adc.overflow, config.adc.overflow);
        ASSERT_EQ(again.layers.size(), 3U);
        for (std::size_t l = 0; l < 3; ++l) {
            EXPECT_EQ(again.layers[l].quant.bias, program.layers[l].quant.bias);
            EXPECT_EQ(again.layers[l].quant.weight_scale, program.layers[l].quant.weight_scale);
            EXPECT_EQ(again.layers[l].quant.input.scale, program.layers[l].quant.input.scale);
        }
    }
}

TEST(ProgramTest, CarriesNoWeightAndNoSecret) {
    const Compiled compiled = compile_small(small_config());
    for (const std::size_t node : matrix_nodes(compiled.program.graph)) {
        const Op& op = compiled.program.graph.nodes[node].op;
        const Tensor& weight =
            std::holds_alternative<Conv>(op) ? std::get<Conv>(op).weight : std::get<Dense>(op).weight;
        EXPECT_TRUE(weight.data.empty());
        EXPECT_FALSE(weight.shape.empty());
    }
    CompileConfig other = small_config(); // other secrets, same network: the public part must not change
    other.keys.seed = 99;
    EXPECT_EQ(compile_small(other).image.memory.program, compiled.image.memory.program);
}

TEST(ProgramTest, HostileValuesAreRefused) {
    using nlohmann::json;
    const json good = json::parse(encode(compile_small(small_config()).program));
    const std::vector<std::pair<const char*, json>> changes{
        {"/format", 2},
        {"/version", -1},
        {"/version", "1"},
        {"/array/rows", 7},
        {"/array/rows", 1 << 20},
        {"/array/cols", 128},
        {"/array/segment", 3},
        {"/array/segment", 0},
        {"/n", 0},
        {"/n", 1e9},
        {"/n", nullptr},
        {"/converter/kind", "magic"},
        {"/converter/lfsr_seed", 256},
        {"/adc/bits", 0},
        {"/adc/overflow", 3},
        {"/signs/mode", "secret"},
        {"/signs/generator", ""},
        {"/input/mean", json::array({1})},
        {"/input/std", json::array({1, 0})},
        {"/graph/in_shape", json::array()},
        {"/graph/in_shape", {2, 1 << 30, 1 << 30}},
        {"/graph/in_shape", {2, -6, 6}},
        {"/graph/nodes", json::array()},
        {"/graph/nodes/1/op", "fft"},
        {"/graph/nodes/1/inputs", {2}},
        {"/graph/nodes/1/inputs", {-1}},
        {"/graph/nodes/1/inputs", json::array()},
        {"/graph/nodes/1/groups", 0},
        {"/graph/nodes/1/weight_shape", {6, 2, 3}},
        {"/graph/nodes/1/weight_shape", {6, 3, 3, 3}},
        {"/graph/nodes/1/window/stride", {0, 1}},
        {"/graph/nodes/1/window/kernel", {3}},
        {"/graph/nodes/1/out_shape", {6, 6, 7}},
        {"/graph/nodes/3/gamma", {1, 2}},
        {"/graph/nodes/3/epsilon", "x"},
        {"/graph/nodes/7/step", {1, 1, 0, 2}},
        {"/graph/nodes/7/stop", {1, 6, 30, 3}},
        {"/layers", json::array()},
        {"/layers/0/input_scale", 0},
        {"/layers/0/input_scale", 1e300},
        {"/layers/0/input_zero", 256},
        {"/layers/0/weight_scale", {1, 2}},
        {"/layers/0/bias", json::object()},
        {"/layers/1/first_crossbar", 0},
        {"/layers/1/crossbars/0/group", 3},
        {"/layers/0/crossbars/0/first_output", 6},
        {"/layers/0/crossbars/0/outputs", 5},
        {"/layers/0/crossbars/0/outputs", 0},
        {"/layers/0/crossbars/0/inputs", {0, 1}},
        {"/layers/0/crossbars/0/inputs/0", 18},
        {"/layers/0/crossbars/0/inputs/0", -2},
        {"/layers/0/crossbars/0/inputs/0", 18446744073709551615ULL}};
    for (const auto& [pointer, value] : changes) {
        json bad = good;
        bad[json::json_pointer(pointer)] = value;
        EXPECT_THROW(decode_program(bad.dump()), UserError) << pointer << " = " << value;
    }
    EXPECT_NO_THROW(decode_program(good.dump()));
}

TEST(ProgramTest, EveryMissingFieldIsNamed) {
    using nlohmann::json;
    const json good = json::parse(encode(compile_small(small_config()).program));
    for (const auto& item : good.items()) {
        json bad = good;
        bad.erase(item.key());
        try {
            decode_program(bad.dump());
            ADD_FAILURE() << item.key() << " may be missing";
        } catch (const UserError& error) {
            EXPECT_NE(std::string(error.what()).find("'" + item.key() + "' is missing"), std::string::npos)
                << error.what();
        }
    }
}

TEST(ProgramTest, DamagedTextNeverDoesMoreThanComplain) {
    const std::string good = encode(compile_small(small_config()).program);
    for (std::size_t size = 0; size < good.size(); size += 13)
        EXPECT_THROW(decode_program(good.substr(0, size)), UserError);
    for (const char* text : {"", "null", "[]", "{}", "12", "\"program\"", "\xff\xfe", "{\"format\":1e999}"})
        EXPECT_THROW(decode_program(text), UserError) << text;
    EXPECT_THROW(decode_program(std::string(200000, '[')), UserError);
    Rng rng = make_rng(1, "test/damage");
    for (int trial = 0; trial < 500; ++trial) {
        std::string bad = good;
        for (int i = 0; i < 3; ++i) bad[rng() % bad.size()] = "0123456789-.e[]{},\":\x01"[rng() % 21];
        expect_no_crash(bad);
    }
}

TEST(ProgramTest, ValuesWithoutANumberAreTheUsersMistake) {
    Program program = compile_small(small_config()).program;
    program.layers[1].quant.bias[0] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW(encode(program), UserError);
}

TEST_F(ImageFileTest, ComesBackAsItWasWritten) {
    for (const std::uint64_t seed : kSeeds) {
        const Image image = compile_small(small_config(), seed).image;
        write_image(image, path_);
        EXPECT_TRUE(equal(read_image(path_), image));
        EXPECT_EQ(files(), 1U); // no temporary file stays
    }
}

TEST_F(ImageFileTest, CrossbarsAreReadWhenTheyAreAskedFor) {
    const Image image = compile_small(small_config()).image;
    write_image(image, path_);
    const ImageFile file(path_);
    ASSERT_EQ(file.crossbars(), image.nvm.crossbars());
    for (std::size_t first = 0; first < file.crossbars(); ++first)
        for (std::size_t count = 0; first + count <= file.crossbars(); ++count) {
            const NvmView got = file.view(first, count), expected = image.nvm.view(first, count);
            EXPECT_TRUE(std::equal(got.cells, got.cells + count, expected.cells));
            EXPECT_TRUE(std::equal(got.signs, got.signs + count, expected.signs));
        }
    EXPECT_THROW(file.view(file.crossbars(), 1), ModelError);
    EXPECT_THROW(image.nvm.view(0, file.crossbars() + 1), ModelError);
}

TEST_F(ImageFileTest, RunsFromItsFileWithTheSameBits) {
    const Compiled device = compile_small(small_config());
    write_image(device.image, path_);
    const ImageFile file(path_);
    const Tensor images = small_images(5, 1);
    EXPECT_EQ(run(file.program(), file, device.secrets, images).data,
              run(device.program, device.image.nvm, device.secrets, images).data);
}

TEST_F(ImageFileTest, EqualImagesGiveEqualFiles) {
    const Image image = compile_small(small_config()).image;
    write_image(image, path_);
    const std::string first = read_file(path_);
    fs::remove(path_);
    write_image(compile_small(small_config()).image, path_);
    EXPECT_EQ(read_file(path_), first);
}

TEST_F(ImageFileTest, TruncatedFilesAreRefusedAtEveryLength) {
    write_image(compile_small(small_config()).image, path_);
    const std::string whole = read_file(path_);
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 97)
        expect_refused(whole.substr(0, size), "not an HDF5 file, or cut off");
    expect_refused(whole.substr(0, whole.size() - 1), "not an HDF5 file, or cut off");
}

TEST_F(ImageFileTest, ForeignAndMissingFilesAreRefused) {
    expect_refused("PK\x03\x04 some archive", "not an HDF5 file");
    Hdf5Writer(path_, path_, 0).close();
    expect_refused("attribute 'format' is missing");
    EXPECT_THROW(read_image(folder_ / "absent.h5"), UserError);
    EXPECT_THROW(read_image(folder_), UserError);
}

TEST_F(ImageFileTest, PartsThatDoNotFitTheProgramAreRefused) {
    const Image image = compile_small(small_config()).image;
    const FileParts good(image);
    good.write(image, path_);
    EXPECT_NO_THROW(read_image(path_)); // the changes below are the only reason for a refusal
    const auto refused = [&](auto&& change, const std::string& complaint) {
        FileParts parts = good;
        change(parts);
        parts.write(image, path_);
        expect_refused(complaint);
    };
    refused([](FileParts& p) { p.format = 2; }, "image format 2 is unknown, or that of plain cells");
    refused([](FileParts& p) { p.rows = 16; }, "attribute 'rows'");
    refused([](FileParts& p) { p.cols = 128; }, "attribute 'cols'");
    refused([](FileParts& p) { p.n = 8; }, "attribute 'n'");
    refused([](FileParts& p) { p.cells[0] -= 1; }, "/nvm/cells");
    refused([](FileParts& p) { p.signs[1] += 1; }, "/nvm/signs");
    refused([](FileParts& p) { p.cells.push_back(1); }, "/nvm/cells");
    refused([](FileParts& p) { p.blobs = 2; }, "sealed blobs");
    refused([](FileParts& p) { p.with_program = false; }, "/memory/program");
    Image broken = image;
    broken.memory.program = "{\"format\":1}";
    good.write(broken, path_);
    expect_refused("'version' is missing");
}

TEST_F(ImageFileTest, UnwritablePlaceLeavesNothing) {
    const Image image = compile_small(small_config()).image;
    EXPECT_THROW(write_image(image, folder_ / "no" / "such" / "folder.h5"), UserError);
    EXPECT_EQ(files(), 0U);
}

TEST_F(ImageFileTest, FullDiskLeavesTheOldImage) {
    write_image(compile_small(small_config(), 1).image, path_);
    const std::string before = read_file(path_);
    const Image image = compile_small(small_config(), 2).image;
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = old;
    small.rlim_cur = before.size() / 2;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_THROW(write_image(image, path_), UserError);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(read_file(path_), before);
    EXPECT_EQ(files(), 1U);
}

TEST_F(ImageFileTest, IsReadableWithH5pyAlone) {
    const Compiled compiled = compile_small(small_config());
    const Program& program = compiled.program;
    write_image(compiled.image, path_);
    std::string command = std::string(VEILRAM_PYTHON3) + " tb/unit/read_image.py '" + path_.string() + "'";
    for (std::size_t x = 0; x < compiled.secrets[0].gsl.size(); ++x) {
        const GslVector vector = compiled.secrets[0].gsl[x].of_slot(static_cast<int>(x % 6), program.array.segments());
        const BitMatrix lines = logical_lines(compiled.image.nvm.cells[x], program.array, vector, 4);
        for (int pair = 0; pair < 4; ++pair)
            command += " " + std::to_string(x) + ":" + std::to_string(pair) + ":" + std::to_string(vector[0]) + ":" +
                       std::to_string(popcount(lines.row(static_cast<std::size_t>(pair)), lines.words_per_row()));
    }
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    EXPECT_NE(std::system((command + " 0:0:0:999 2>/dev/null").c_str()), 0) << "the script accepts a wrong count";
}

TEST(FlattenTest, HeaderAndDirectoryLeadToEveryPart) {
    const MemoryPart memory = compile_small(small_config()).image.memory;
    const Bytes flat = flatten(memory);
    const MemoryHeader header = MemoryHeader::decode(flat.data());
    EXPECT_EQ(std::string(flat.begin(), flat.begin() + 4), "VILM");
    EXPECT_EQ(header.total_size, flat.size());
    EXPECT_EQ(header.layers, memory.sealed.size());
    const auto part = [&](std::size_t offset, std::size_t size) {
        EXPECT_EQ(offset % 64, 0U);
        return std::string(flat.begin() + static_cast<std::ptrdiff_t>(offset),
                           flat.begin() + static_cast<std::ptrdiff_t>(offset + size));
    };
    EXPECT_EQ(part(header.program_offset, header.program_size), memory.program);
    const auto word = [&](std::size_t at) {
        return static_cast<std::uint32_t>(flat[at] | flat[at + 1] << 8 | flat[at + 2] << 16) |
               static_cast<std::uint32_t>(flat[at + 3]) << 24;
    };
    for (std::size_t l = 0; l < memory.sealed.size(); ++l) {
        const std::size_t entry = header.directory_offset + 8 * l;
        EXPECT_EQ(part(word(entry), word(entry + 4)), std::string(memory.sealed[l].begin(), memory.sealed[l].end()));
    }
    std::uint8_t again[MemoryHeader::kSize];
    header.encode(again);
    EXPECT_TRUE(std::equal(again, again + MemoryHeader::kSize, flat.begin()));
}

} // namespace veilram::test
