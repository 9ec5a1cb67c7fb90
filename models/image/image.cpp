#include "models/image/image.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/image/hdf5_file.hpp"
#include "models/protect/little_endian.hpp"

#include <algorithm>
#include <limits>

namespace veilram {
namespace {

constexpr std::uint32_t kImageFormat = 1;
constexpr std::uint32_t kMemoryFormat = 1;
constexpr std::size_t kAlignment = 64; ///< every part of the flat memory starts at a whole DRAM burst
constexpr const char* kCreator = "VeilRAM " VEILRAM_VERSION;

std::string blob_name(std::size_t layer) {
    const std::string number = std::to_string(layer);
    return "/memory/sealed/layer_" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
}

std::size_t row_bytes(std::size_t bits) { return (bits + 7) / 8; }

/// [matrices][rows][bytes of a row].
void write_matrices(Hdf5Writer& file, const std::string& name, const std::vector<BitMatrix>& matrices) {
    const std::size_t rows = matrices.front().rows(), cols = matrices.front().cols();
    std::vector<std::uint8_t> data;
    data.reserve(matrices.size() * rows * row_bytes(cols));
    for (const BitMatrix& matrix : matrices) {
        if (matrix.rows() != rows || matrix.cols() != cols) throw ModelError(name + ": crossbars differ in size");
        const std::vector<std::uint8_t> part = to_bytes(matrix);
        data.insert(data.end(), part.begin(), part.end());
    }
    file.bytes(name, {matrices.size(), rows, row_bytes(cols)}, data.data());
}

std::vector<BitMatrix> read_matrices(const Hdf5Reader& file, const std::string& name, std::size_t count,
                                     std::size_t rows, std::size_t cols) {
    Hdf5Dims dims;
    const std::vector<std::uint8_t> data = file.bytes(name, 3, dims);
    const Hdf5Dims expected{count, rows, row_bytes(cols)};
    if (dims != expected)
        file.fail("dataset '" + name + "' is " + std::to_string(dims[0]) + " x " + std::to_string(dims[1]) + " x " +
                  std::to_string(dims[2]) + " bytes, its program needs " + std::to_string(count) + " x " +
                  std::to_string(rows) + " x " + std::to_string(row_bytes(cols)));
    const std::size_t size = rows * row_bytes(cols);
    std::vector<BitMatrix> matrices;
    for (std::size_t i = 0; i < count; ++i) matrices.push_back(from_bytes(data.data() + i * size, size, rows, cols));
    return matrices;
}

void write_bytes(Hdf5Writer& file, const std::string& name, const std::uint8_t* data, std::size_t size) {
    file.bytes(name, {size}, data);
}

Program read_program(const std::string& path, const std::string& text) {
    try {
        return decode_program(text);
    } catch (const UserError& error) {
        throw UserError(path + ": " + error.what());
    }
}

void check_attribute(const Hdf5Reader& file, const std::string& name, std::size_t expected) {
    const std::uint32_t value = file.attribute(name);
    if (value != expected)
        file.fail("attribute '" + name + "' is " + std::to_string(value) + ", its program says " +
                  std::to_string(expected));
}

std::size_t aligned(std::size_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

/// Appends a part at the next aligned offset and returns that offset.
std::uint32_t append_part(Bytes& memory, const std::uint8_t* data, std::size_t size) {
    const std::size_t offset = aligned(memory.size());
    if (offset + size > std::numeric_limits<std::uint32_t>::max() - kAlignment)
        throw UserError("the memory part of the image exceeds 4 GiB; its network is too large for one accelerator");
    memory.resize(offset);
    memory.insert(memory.end(), data, data + size);
    return static_cast<std::uint32_t>(offset);
}

} // namespace

void write_image(const Image& image, const std::string& path) {
    const NvmPart& nvm = image.nvm;
    if (nvm.cells.empty() || nvm.cells.size() != nvm.signs.size())
        throw ModelError("an image needs crossbars, and sign rows for each of them");
    Hdf5Writer file;
    file.attribute("format", kImageFormat);
    file.attribute("rows", static_cast<std::uint32_t>(nvm.cells.front().rows()));
    file.attribute("cols", static_cast<std::uint32_t>(nvm.cells.front().cols()));
    file.attribute("n", static_cast<std::uint32_t>(nvm.signs.front().rows()));
    file.attribute("creator", kCreator);
    for (const char* group : {"/nvm", "/memory", "/memory/sealed"}) file.group(group);
    write_matrices(file, "/nvm/cells", nvm.cells);
    write_matrices(file, "/nvm/signs", nvm.signs);
    const std::string& program = image.memory.program;
    write_bytes(file, "/memory/program", reinterpret_cast<const std::uint8_t*>(program.data()), program.size());
    for (std::size_t l = 0; l < image.memory.sealed.size(); ++l)
        write_bytes(file, blob_name(l), image.memory.sealed[l].data(), image.memory.sealed[l].size());
    write_file(path, file.content());
}

Image read_image(const std::string& path) {
    const Hdf5Reader file(path, read_file(path));
    const std::uint32_t format = file.attribute("format");
    if (format != kImageFormat)
        file.fail("image format " + std::to_string(format) + " is unknown, this program reads " +
                  std::to_string(kImageFormat));
    Image image;
    Hdf5Dims dims;
    const std::vector<std::uint8_t> text = file.bytes("/memory/program", 1, dims);
    image.memory.program.assign(text.begin(), text.end());
    const Program program = read_program(path, image.memory.program);
    const auto rows = static_cast<std::size_t>(program.array.rows), cols = static_cast<std::size_t>(program.array.cols);
    const auto n = static_cast<std::size_t>(program.n);
    check_attribute(file, "rows", rows);
    check_attribute(file, "cols", cols);
    check_attribute(file, "n", n);
    image.nvm.cells = read_matrices(file, "/nvm/cells", program.crossbar_count(), rows, cols);
    image.nvm.signs = read_matrices(file, "/nvm/signs", program.crossbar_count(), n,
                                    static_cast<std::size_t>(program.array.sign_bits()));
    const std::size_t blobs = file.count("/memory/sealed");
    if (blobs != program.layers.size())
        file.fail(std::to_string(blobs) + " sealed blobs, its program has " + std::to_string(program.layers.size()) +
                  " layers");
    for (std::size_t l = 0; l < blobs; ++l) image.memory.sealed.push_back(file.bytes(blob_name(l), 1, dims));
    return image;
}

MemoryHeader MemoryHeader::decode(const std::uint8_t* bytes) {
    MemoryHeader header;
    std::uint32_t* const fields[] = {&header.magic,        &header.format,           &header.program_offset,
                                     &header.program_size, &header.directory_offset, &header.layers,
                                     &header.total_size,   &header.reserved};
    for (std::uint32_t* field : fields) {
        *field = load_u32(bytes);
        bytes += 4;
    }
    return header;
}

void MemoryHeader::encode(std::uint8_t* bytes) const {
    for (const std::uint32_t field :
         {magic, format, program_offset, program_size, directory_offset, layers, total_size, reserved}) {
        store_u32(bytes, field);
        bytes += 4;
    }
}

Bytes flatten(const MemoryPart& memory) {
    Bytes flat(MemoryHeader::kSize);
    MemoryHeader header;
    header.format = kMemoryFormat;
    header.program_size = static_cast<std::uint32_t>(memory.program.size());
    header.program_offset =
        append_part(flat, reinterpret_cast<const std::uint8_t*>(memory.program.data()), memory.program.size());
    header.layers = static_cast<std::uint32_t>(memory.sealed.size());
    Bytes directory(8 * memory.sealed.size());
    header.directory_offset = append_part(flat, directory.data(), directory.size());
    for (std::size_t l = 0; l < memory.sealed.size(); ++l) {
        const SealedBlob& blob = memory.sealed[l];
        std::uint8_t* entry = directory.data() + 8 * l;
        store_u32(entry, append_part(flat, blob.data(), blob.size()));
        store_u32(entry + 4, static_cast<std::uint32_t>(blob.size()));
    }
    std::copy(directory.begin(), directory.end(), flat.begin() + header.directory_offset);
    flat.resize(aligned(flat.size()));
    header.total_size = static_cast<std::uint32_t>(flat.size());
    header.encode(flat.data());
    return flat;
}

} // namespace veilram
