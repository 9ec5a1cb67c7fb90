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

constexpr const char* kCells = "/nvm/cells";
constexpr const char* kSigns = "/nvm/signs";
constexpr const char* kProgram = "/memory/program";
constexpr const char* kSealed = "/memory/sealed";

std::string blob_name(std::size_t layer) {
    const std::string number = std::to_string(layer);
    return std::string(kSealed) + "/layer_" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
}

std::size_t row_bytes(std::size_t bits) { return (bits + 7) / 8; }

constexpr std::size_t kCrossbarsAtOnce = 1024; ///< a few MiB

/// [matrices][rows][bytes of a row], some of `nvm` at a time.
void write_matrices(Hdf5Writer& file, const std::string& name, const NvmSource& nvm,
                    const BitMatrix* NvmView::*matrices) {
    const NvmView start = nvm.view(0, 1);
    const std::size_t rows = (start.*matrices)->rows(), cols = (start.*matrices)->cols();
    file.make_bytes(name, {nvm.crossbars(), rows, row_bytes(cols)});
    for (std::size_t first = 0; first < nvm.crossbars(); first += kCrossbarsAtOnce) {
        const std::size_t count = std::min(kCrossbarsAtOnce, nvm.crossbars() - first);
        const NvmView view = nvm.view(first, count);
        std::vector<std::uint8_t> data;
        data.reserve(count * rows * row_bytes(cols));
        for (std::size_t i = 0; i < count; ++i) {
            const BitMatrix& matrix = (view.*matrices)[i];
            if (matrix.rows() != rows || matrix.cols() != cols) throw ModelError(name + ": crossbars differ in size");
            const std::vector<std::uint8_t> part = to_bytes(matrix);
            data.insert(data.end(), part.begin(), part.end());
        }
        file.write_slice(name, first, count, data.data());
    }
}

void check_matrices(const Hdf5Reader& file, const std::string& name, const Hdf5Dims& expected) {
    const Hdf5Dims dims = file.dims(name, 3);
    if (dims != expected)
        file.fail("dataset '" + name + "' is " + std::to_string(dims[0]) + " x " + std::to_string(dims[1]) + " x " +
                  std::to_string(dims[2]) + " bytes, its program needs " + std::to_string(expected[0]) + " x " +
                  std::to_string(expected[1]) + " x " + std::to_string(expected[2]));
}

std::vector<BitMatrix> read_matrices(const Hdf5Reader& file, const std::string& name, std::size_t first,
                                     std::size_t count, std::size_t rows, std::size_t cols) {
    const std::vector<std::uint8_t> data = file.slice(name, first, count);
    const std::size_t size = rows * row_bytes(cols);
    std::vector<BitMatrix> matrices;
    for (std::size_t i = 0; i < count; ++i) matrices.push_back(from_bytes(data.data() + i * size, size, rows, cols));
    return matrices;
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

std::size_t content_bytes(const NvmSource& nvm, const MemoryPart& memory) {
    const NvmView start = nvm.view(0, 1);
    std::size_t bytes = memory.program.size();
    for (const BitMatrix* matrix : {start.cells, start.signs})
        bytes += nvm.crossbars() * matrix->rows() * row_bytes(matrix->cols());
    for (const SealedBlob& blob : memory.sealed) bytes += blob.size();
    return bytes;
}

} // namespace

void write_image(const NvmSource& nvm, const MemoryPart& memory, const std::string& path) {
    if (nvm.crossbars() == 0) throw ModelError("an image needs crossbars, and sign rows for each of them");
    const NvmView start = nvm.view(0, 1);
    write_atomically(path, [&](const std::string& temporary) {
        Hdf5Writer file(temporary, path, content_bytes(nvm, memory));
        file.attribute("format", kImageFormat);
        file.attribute("rows", static_cast<std::uint32_t>(start.cells->rows()));
        file.attribute("cols", static_cast<std::uint32_t>(start.cells->cols()));
        file.attribute("n", static_cast<std::uint32_t>(start.signs->rows()));
        file.attribute("creator", kCreator);
        for (const char* group : {"/nvm", "/memory", "/memory/sealed"}) file.group(group);
        write_matrices(file, kCells, nvm, &NvmView::cells);
        write_matrices(file, kSigns, nvm, &NvmView::signs);
        const auto* text = reinterpret_cast<const std::uint8_t*>(memory.program.data());
        file.bytes(kProgram, text, memory.program.size());
        for (std::size_t l = 0; l < memory.sealed.size(); ++l)
            file.bytes(blob_name(l), memory.sealed[l].data(), memory.sealed[l].size());
        file.close();
    });
}

ImageFile::ImageFile(const std::string& path) : file_(std::make_unique<Hdf5Reader>(path)) {
    const std::uint32_t format = file_->attribute("format");
    if (format != kImageFormat)
        file_->fail("image format " + std::to_string(format) + " is unknown, this program reads " +
                    std::to_string(kImageFormat));
    const std::vector<std::uint8_t> text = file_->bytes(kProgram);
    memory_.program.assign(text.begin(), text.end());
    program_ = read_program(path, memory_.program);
    check_parts();
    for (std::size_t l = 0; l < program_.layers.size(); ++l) memory_.sealed.push_back(file_->bytes(blob_name(l)));
}

ImageFile::~ImageFile() = default;

void ImageFile::check_parts() const {
    const auto rows = static_cast<std::size_t>(program_.array.rows);
    const auto cols = static_cast<std::size_t>(program_.array.cols);
    const auto sign_bits = static_cast<std::size_t>(program_.array.sign_bits());
    const auto n = static_cast<std::size_t>(program_.n);
    check_attribute(*file_, "rows", rows);
    check_attribute(*file_, "cols", cols);
    check_attribute(*file_, "n", n);
    check_matrices(*file_, kCells, {crossbars(), rows, row_bytes(cols)});
    check_matrices(*file_, kSigns, {crossbars(), n, row_bytes(sign_bits)});
    const std::size_t blobs = file_->count(kSealed);
    if (blobs != program_.layers.size())
        file_->fail(std::to_string(blobs) + " sealed blobs, its program has " + std::to_string(program_.layers.size()) +
                    " layers");
}

NvmView ImageFile::view(std::size_t first, std::size_t count) const {
    const auto read = std::make_shared<NvmPart>();
    read->cells = read_matrices(*file_, kCells, first, count, static_cast<std::size_t>(program_.array.rows),
                                static_cast<std::size_t>(program_.array.cols));
    read->signs = read_matrices(*file_, kSigns, first, count, static_cast<std::size_t>(program_.n),
                                static_cast<std::size_t>(program_.array.sign_bits()));
    NvmView view = read->view(0, count);
    view.owner = read;
    return view;
}

Image read_image(const std::string& path) {
    const ImageFile file(path);
    const NvmView all = file.view(0, file.crossbars());
    return {*all.owner, file.memory()};
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
