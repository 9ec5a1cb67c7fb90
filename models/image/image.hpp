// The protected image: what a compiled network is made of, and its HDF5 file (docs/image_format.md).
#pragma once

#include "models/image/nvm.hpp"
#include "models/image/program.hpp"
#include "models/protect/seal.hpp"

#include <memory>
#include <string>
#include <vector>

namespace veilram {

constexpr std::uint32_t kImageFormat = 1; ///< of images of 1T4R crossbars

/// Memory part: what a thief finds in the DRAM or flash beside it.
struct MemoryPart {
    std::string program;            ///< encode(Program), exactly the bytes that were digested into the seals
    std::vector<SealedBlob> sealed; ///< one per matrix layer
};

struct Image {
    NvmPart nvm;
    MemoryPart memory;
};

/// Writes a temporary file beside `path` and renames it: a killed process or a full disk leaves no half image. Equal
/// images give equal files. Goes layer by layer through `nvm`. Throws UserError when `path` cannot be written.
void write_image(const NvmSource& nvm, const MemoryPart& memory, const std::string& path);
inline void write_image(const Image& image, const std::string& path) { write_image(image.nvm, image.memory, path); }

class Hdf5Reader;

/// An image that stays in its file: crossbars are read when they are asked for.
class ImageFile final : public NvmSource {
public:
    /// Throws UserError for a missing, truncated or foreign file, and for one whose parts do not fit its program,
    /// naming it and what is wrong.
    explicit ImageFile(const std::string& path);
    ~ImageFile() override;

    const Program& program() const { return program_; }
    const MemoryPart& memory() const { return memory_; }
    std::size_t crossbars() const override { return program_.crossbar_count(); }
    NvmView view(std::size_t first, std::size_t count) const override;

private:
    std::unique_ptr<const Hdf5Reader> file_;
    MemoryPart memory_;
    Program program_;
};

/// The whole image in memory. Throws as ImageFile does.
Image read_image(const std::string& path);

/// Flat memory content that the accelerator reads at boot: header, program, blob directory, blobs (little-endian, each
/// part at a multiple of 64; docs/image_format.md).
Bytes flatten(const MemoryPart& memory);

/// Fixed-size start of the flat memory content.
struct MemoryHeader {
    static constexpr std::uint32_t kMagic = 0x4d4c4956; // "VILM"
    static constexpr std::size_t kSize = 32;
    static constexpr std::size_t kEntrySize = 8; ///< of the directory
    std::uint32_t magic = kMagic;
    std::uint32_t format = 1;
    std::uint32_t program_offset = 0, program_size = 0;
    std::uint32_t directory_offset = 0; ///< per layer: uint32 offset from the start of the memory content, uint32 size
    std::uint32_t layers = 0;
    std::uint32_t total_size = 0;
    std::uint32_t reserved = 0;

    static MemoryHeader decode(const std::uint8_t* bytes);
    void encode(std::uint8_t* bytes) const;
};

} // namespace veilram
