#include "models/image/nvm_hdf5.hpp"

#include "models/base/diagnostics.hpp"

#include <algorithm>

namespace veilram {
namespace {

constexpr const char* kCells = "/nvm/cells";
constexpr const char* kSigns = "/nvm/signs";
constexpr std::size_t kAtOnce = 1024; ///< crossbars; a few MiB

std::size_t row_bytes(std::size_t bits) { return (bits + 7) / 8; }

/// Size of every crossbar.
struct Sizes {
    std::size_t rows, cols, n;
    std::size_t sign_bits() const { return std::max(rows, cols); }
};

Sizes sizes_of(const NvmSource& nvm) {
    if (nvm.crossbars() == 0) throw ModelError("there are no crossbars to write");
    const NvmView start = nvm.view(0, 1);
    return {start.cells->rows(), start.cells->cols(), start.signs->rows()};
}

Sizes sizes_of(const Hdf5Reader& file) { return {file.attribute("rows"), file.attribute("cols"), file.attribute("n")}; }

std::vector<std::uint8_t> packed(const BitMatrix* matrices, std::size_t count, std::size_t rows, std::size_t cols) {
    std::vector<std::uint8_t> data;
    data.reserve(count * rows * row_bytes(cols));
    for (std::size_t i = 0; i < count; ++i) {
        if (matrices[i].rows() != rows || matrices[i].cols() != cols) throw ModelError("crossbars differ in size");
        const std::vector<std::uint8_t> part = to_bytes(matrices[i]);
        data.insert(data.end(), part.begin(), part.end());
    }
    return data;
}

std::vector<BitMatrix> unpacked(const std::vector<std::uint8_t>& data, std::size_t rows, std::size_t cols) {
    const std::size_t size = rows * row_bytes(cols);
    std::vector<BitMatrix> matrices;
    for (std::size_t at = 0; at < data.size(); at += size)
        matrices.push_back(from_bytes(data.data() + at, size, rows, cols));
    return matrices;
}

void check_attribute(const Hdf5Reader& file, const std::string& name, std::size_t expected) {
    const std::uint32_t value = file.attribute(name);
    if (value != expected)
        file.fail("attribute '" + name + "' is " + std::to_string(value) + ", its program says " +
                  std::to_string(expected));
}

void check_matrices(const Hdf5Reader& file, const std::string& name, const Hdf5Dims& expected) {
    const Hdf5Dims dims = file.dims(name, 3);
    if (dims != expected)
        file.fail("dataset '" + name + "' is " + std::to_string(dims[0]) + " x " + std::to_string(dims[1]) + " x " +
                  std::to_string(dims[2]) + " bytes, its program needs " + std::to_string(expected[0]) + " x " +
                  std::to_string(expected[1]) + " x " + std::to_string(expected[2]));
}

} // namespace

std::size_t crossbar_bytes(const NvmSource& nvm) {
    const Sizes sizes = sizes_of(nvm);
    return nvm.crossbars() * (sizes.rows * row_bytes(sizes.cols) + sizes.n * row_bytes(sizes.sign_bits()));
}

void write_crossbars(Hdf5Writer& file, const NvmSource& nvm) {
    const Sizes sizes = sizes_of(nvm);
    file.attribute("rows", static_cast<std::uint32_t>(sizes.rows));
    file.attribute("cols", static_cast<std::uint32_t>(sizes.cols));
    file.attribute("n", static_cast<std::uint32_t>(sizes.n));
    file.group("/nvm");
    file.make_bytes(kCells, {nvm.crossbars(), sizes.rows, row_bytes(sizes.cols)});
    file.make_bytes(kSigns, {nvm.crossbars(), sizes.n, row_bytes(sizes.sign_bits())});
    for (std::size_t first = 0; first < nvm.crossbars(); first += kAtOnce) {
        const std::size_t count = std::min(kAtOnce, nvm.crossbars() - first);
        const NvmView view = nvm.view(first, count);
        file.write_slice(kCells, first, count, packed(view.cells, count, sizes.rows, sizes.cols).data());
        file.write_slice(kSigns, first, count, packed(view.signs, count, sizes.n, sizes.sign_bits()).data());
    }
}

std::size_t count_crossbars(const Hdf5Reader& file) { return file.dims(kCells, 3)[0]; }

void check_crossbars(const Hdf5Reader& file, std::size_t count, const ArrayGeometry& array, int n) {
    const auto rows = static_cast<std::size_t>(array.rows), cols = static_cast<std::size_t>(array.cols);
    const auto vectors = static_cast<std::size_t>(n), sign_bits = static_cast<std::size_t>(array.sign_bits());
    check_attribute(file, "rows", rows);
    check_attribute(file, "cols", cols);
    check_attribute(file, "n", vectors);
    check_matrices(file, kCells, {count, rows, row_bytes(cols)});
    check_matrices(file, kSigns, {count, vectors, row_bytes(sign_bits)});
}

NvmPart read_crossbars(const Hdf5Reader& file, std::size_t first, std::size_t count) {
    const Sizes sizes = sizes_of(file);
    NvmPart part;
    part.cells = unpacked(file.slice(kCells, first, count), sizes.rows, sizes.cols);
    part.signs = unpacked(file.slice(kSigns, first, count), sizes.n, sizes.sign_bits());
    return part;
}

} // namespace veilram
