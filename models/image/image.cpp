#include "models/image/image.hpp"

#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/image/nvm_hdf5.hpp"
#include "models/protect/little_endian.hpp"

#include <algorithm>
#include <limits>

namespace veilram {
namespace {

constexpr std::uint32_t kMemoryFormat = 1;
constexpr std::size_t kAlignment = 64; ///< every part of the flat memory starts at a whole DRAM burst
constexpr const char* kCreator = "VeilRAM " VEILRAM_VERSION;

constexpr const char* kProgram = "/memory/program";
constexpr const char* kSealed = "/memory/sealed";

Program read_program(const std::string& path, const std::string& text) {
    try {
        return decode_program(text);
    } catch (const UserError& error) {
        throw UserError(path + ": " + error.what());
    }
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
    std::size_t bytes = crossbar_bytes(nvm) + memory.program.size();
    for (const SealedBlob& blob : memory.sealed) bytes += blob.size();
    return bytes;
}

} // namespace

void write_image(const NvmSource& nvm, const MemoryPart& memory, const std::string& path) {
    write_atomically(path, [&](const std::string& temporary) {
        Hdf5Writer file(temporary, path, content_bytes(nvm, memory));
        file.attribute("format", kImageFormat);
        file.attribute("creator", kCreator);
        write_crossbars(file, nvm);
        for (const char* group : {"/memory", kSealed}) file.group(group);
        const auto* text = reinterpret_cast<const std::uint8_t*>(memory.program.data());
        file.bytes(kProgram, text, memory.program.size());
        for (std::size_t l = 0; l < memory.sealed.size(); ++l)
            file.bytes(layer_dataset(kSealed, l), memory.sealed[l].data(), memory.sealed[l].size());
        file.close();
    });
}

ImageFile::ImageFile(const std::string& path) : file_(std::make_unique<Hdf5Reader>(path)) {
    const std::uint32_t format = file_->attribute("format");
    if (format != kImageFormat)
        file_->fail("image format " + std::to_string(format) +
                    " is unknown, or that of plain cells (`veilram decrypt`); images of crossbars have format " +
                    std::to_string(kImageFormat));
    const std::vector<std::uint8_t> text = file_->bytes(kProgram);
    memory_.program.assign(text.begin(), text.end());
    program_ = read_program(path, memory_.program);
    check_crossbars(*file_, crossbars(), program_.array, program_.n);
    const std::size_t blobs = file_->count(kSealed);
    if (blobs != program_.layers.size())
        file_->fail(std::to_string(blobs) + " sealed blobs, its program has " + std::to_string(program_.layers.size()) +
                    " layers");
    for (std::size_t l = 0; l < blobs; ++l) memory_.sealed.push_back(file_->bytes(layer_dataset(kSealed, l)));
}

ImageFile::~ImageFile() = default;

NvmView ImageFile::view(std::size_t first, std::size_t count) const {
    const auto read = std::make_shared<NvmPart>(read_crossbars(*file_, first, count));
    NvmView view = read->view(0, count);
    view.owner = read;
    return view;
}

Image read_image(const std::string& path) {
    const ImageFile file(path);
    return {read_crossbars(Hdf5Reader(path), 0, file.crossbars()), file.memory()};
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
    Bytes directory(MemoryHeader::kEntrySize * memory.sealed.size());
    header.directory_offset = append_part(flat, directory.data(), directory.size());
    for (std::size_t l = 0; l < memory.sealed.size(); ++l) {
        const SealedBlob& blob = memory.sealed[l];
        std::uint8_t* entry = directory.data() + MemoryHeader::kEntrySize * l;
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
