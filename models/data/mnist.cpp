// MNIST: two IDX files per split, gzip or plain (zlib's reader takes both).
#include "models/base/diagnostics.hpp"
#include "models/data/dataset.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace veilram {
namespace {
namespace fs = std::filesystem;

constexpr std::uint32_t kImageMagic = 0x00000803; // unsigned bytes, three dimensions
constexpr std::uint32_t kLabelMagic = 0x00000801; // unsigned bytes, one dimension
constexpr std::uint32_t kMaxCount = 10'000'000;   // more is a damaged header, not a data set
constexpr std::uint32_t kMaxSide = 4096;

/// A file that is inflated while it is read. Every failure names the file.
class GzFile {
public:
    explicit GzFile(std::string path) : path_(std::move(path)), file_(gzopen(path_.c_str(), "rb"), &gzclose_r) {
        if (!file_) throw UserError(path_ + ": cannot open: " + std::strerror(errno));
    }

    /// Exactly `size` bytes; `what` says which part of the file they are.
    void read(std::uint8_t* bytes, std::size_t size, const std::string& what) {
        for (std::size_t done = 0; done < size;) {
            const auto chunk = static_cast<unsigned>(std::min<std::size_t>(size - done, 1U << 24));
            const int got = gzread(file_.get(), bytes + done, chunk);
            if (got < 0) fail_corrupt();
            if (got == 0)
                throw UserError(path_ + ": truncated in " + what + ": expected " + std::to_string(size) +
                                " bytes, got " + std::to_string(done) + "; fetch the file again");
            done += static_cast<std::size_t>(got);
        }
    }

    std::uint32_t read_u32(const std::string& what) {
        std::uint8_t b[4];
        read(b, sizeof b, what);
        return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | std::uint32_t{b[3]};
    }

    /// Nothing may follow; reading on also makes zlib check the CRC at the end of the stream.
    void expect_end() {
        std::uint8_t extra = 0;
        const int got = gzread(file_.get(), &extra, 1);
        if (got > 0) throw UserError(path_ + ": longer than its header says; it is not a valid IDX file");
        int code = Z_OK;
        gzerror(file_.get(), &code);
        if (got < 0 || code == Z_BUF_ERROR) fail_corrupt();
    }

    const std::string& path() const { return path_; }

private:
    [[noreturn]] void fail_corrupt() const {
        int code = Z_OK;
        const std::string reason = gzerror(file_.get(), &code);
        throw UserError(path_ + ": corrupt gzip data (" + reason + "); fetch the file again");
    }

    std::string path_;
    std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

std::string find_file(const std::string& folder, const std::string& name) {
    if (!fs::is_directory(folder)) throw UserError(folder + ": no such folder; expected the one with the MNIST files");
    for (const char* suffix : {".gz", ""}) {
        const std::string path = (fs::path(folder) / (name + suffix)).string();
        if (fs::is_regular_file(path)) return path;
    }
    throw UserError(folder + ": neither " + name + ".gz nor " + name +
                    " is there; expected the MNIST files in IDX format");
}

void check_magic(GzFile& file, std::uint32_t expected, const std::string& what) {
    const std::uint32_t magic = file.read_u32("the header");
    if (magic != expected)
        throw UserError(file.path() + ": is not an IDX file of " + what + " (magic number " + std::to_string(magic) +
                        ", expected " + std::to_string(expected) + ")");
}

std::uint32_t read_dimension(GzFile& file, const std::string& what, std::uint32_t limit) {
    const std::uint32_t value = file.read_u32("the header");
    if (value == 0 || value > limit)
        throw UserError(file.path() + ": header says " + std::to_string(value) + " " + what + ", expected 1.." +
                        std::to_string(limit));
    return value;
}

void read_images(const std::string& path, Dataset& data) {
    GzFile file(path);
    check_magic(file, kImageMagic, "images");
    const std::uint32_t count = read_dimension(file, "images", kMaxCount);
    const std::uint32_t rows = read_dimension(file, "rows", kMaxSide);
    const std::uint32_t cols = read_dimension(file, "columns", kMaxSide);
    data.shape = {1, rows, cols};
    for (std::uint32_t i = 0; i < count; ++i) { // grows with what is really there, whatever the header claims
        data.pixels.resize(data.pixels.size() + data.image_size());
        file.read(data.pixels.data() + data.pixels.size() - data.image_size(), data.image_size(),
                  "image " + std::to_string(i));
    }
    file.expect_end();
}

void read_labels(const std::string& path, Dataset& data) {
    GzFile file(path);
    check_magic(file, kLabelMagic, "labels");
    std::vector<std::uint8_t> bytes(read_dimension(file, "labels", kMaxCount));
    file.read(bytes.data(), bytes.size(), "the labels");
    file.expect_end();
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] > 9)
            throw UserError(path + ": label " + std::to_string(i) + " is " + std::to_string(bytes[i]) +
                            ", expected 0..9");
    data.labels.assign(bytes.begin(), bytes.end());
}

} // namespace

Dataset load_mnist(const std::string& folder, Split split) {
    const std::string prefix = split == Split::train ? "train" : "t10k";
    const std::string images = find_file(folder, prefix + "-images-idx3-ubyte");
    const std::string labels = find_file(folder, prefix + "-labels-idx1-ubyte");
    Dataset data;
    read_images(images, data);
    read_labels(labels, data);
    const std::size_t image_count = data.pixels.size() / data.image_size();
    if (image_count != data.count())
        throw UserError(labels + ": holds " + std::to_string(data.count()) + " labels, but " + images + " holds " +
                        std::to_string(image_count) + " images; they must belong together");
    return data;
}

} // namespace veilram
