// Labelled images from files or from our generator.
#pragma once

#include "models/nn/tensor.hpp"

#include <cstdint>
#include <optional>
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

enum class DataSource { digits, mnist, cifar10, imagenet };
enum class Split { train, test };

/// MNIST from a folder with the usual IDX files, gzip or plain ("t10k-images-idx3-ubyte.gz", ...). Throws UserError
/// naming the file for a missing, truncated, corrupt or mismatching one.
Dataset load_mnist(const std::string& folder, Split split);

/// CIFAR-10, binary version: every data_batch_*.bin of the folder, or test_batch.bin.
Dataset load_cifar10(const std::string& folder, Split split);

enum class ColourOrder { rgb, bgr };
/// How a picture of any size becomes a network's input.
struct PictureFormat {
    int resize = 0; ///< pixels of the shorter side after scaling; 0: as it is
    int crop = 224; ///< pixels of the square that is cut from its middle
    ColourOrder order = ColourOrder::rgb;
};
enum class ImagenetPart { train, test, all };

/// ImageNet: `folder` holds val/ and perhaps train/, with their JPEG files and a list val_labels.txt ("file label" a
/// line), or with one folder a class. Files are taken in the order of their names, the first `limit` of them. Without
/// train/, the first 50 of val/ are the training part, for calibration alone, and the others the test part; `all` is
/// the whole of val/. Throws UserError naming the file for a missing or damaged one.
Dataset load_imagenet(const std::string& folder, ImagenetPart part, const PictureFormat& format,
                      std::optional<std::size_t> limit = std::nullopt);

/// Handwritten-looking digits, 28x28, drawn by strokes with jitter of shape, slant, size, place and thickness. The
/// embedded default data: image i depends on (seed, split, i) only.
Dataset generate_digits(std::uint64_t seed, Split split, std::size_t count);

struct DataConfig {
    DataSource source = DataSource::digits;
    std::string path;         ///< folder, for every source but digits
    std::size_t images = 500; ///< generated digits per split
    std::uint64_t seed = 1;   ///< of generated digits
    PictureFormat picture;    ///< for imagenet
};
/// At most `limit` images. Throws UserError.
Dataset load_data(const DataConfig& config, Split split, std::optional<std::size_t> limit = std::nullopt);

} // namespace veilram
