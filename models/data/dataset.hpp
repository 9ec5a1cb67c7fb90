// Labelled images from files or from our generator.
#pragma once

#include "models/nn/tensor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace veilram {

/// `count` images of `shape` [C, H, W], a byte per sample, image after image.
struct Dataset {
    Shape shape;
    std::vector<std::uint8_t> pixels;
    std::vector<int> labels;

    std::size_t count() const { return labels.size(); }
    std::size_t image_size() const { return static_cast<std::size_t>(element_count(shape)); }
    const std::uint8_t* image(std::size_t i) const { return pixels.data() + i * image_size(); }
    /// Images [first, first + n), clipped to what exists.
    Dataset slice(std::size_t first, std::size_t n) const;
};

enum class DataSource { digits, mnist, cifar10 };
enum class Split { train, test };

/// MNIST from a folder with the usual IDX files, gzip or plain ("t10k-images-idx3-ubyte.gz", ...). Throws UserError
/// naming the file for a missing, truncated, corrupt or mismatching one.
Dataset load_mnist(const std::string& folder, Split split);

/// CIFAR-10, binary version: every data_batch_*.bin of the folder, or test_batch.bin.
Dataset load_cifar10(const std::string& folder, Split split);

/// Handwritten-looking digits, 28x28, drawn by strokes with jitter of shape, slant, size, place and thickness. The
/// embedded default data: image i depends on (seed, split, i) only.
Dataset generate_digits(std::uint64_t seed, Split split, std::size_t count);

struct DataConfig {
    DataSource source = DataSource::digits;
    std::string path;         ///< folder, for mnist and cifar10
    std::size_t images = 500; ///< generated digits per split
    std::uint64_t seed = 1;   ///< of generated digits
};
Dataset load_data(const DataConfig& config, Split split);

} // namespace veilram
