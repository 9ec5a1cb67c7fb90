// A folder of JPEG images: ILSVRC2012 as it is handed out, or sorted into one folder a class.
#include "models/base/diagnostics.hpp"
#include "models/base/file.hpp"
#include "models/base/parallel.hpp"
#include "models/data/dataset.hpp"
#include "models/data/jpeg.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <sstream>

namespace veilram {
namespace {
namespace fs = std::filesystem;

constexpr int kMostClasses = 1000;
constexpr std::size_t kHeldOut = 50; ///< images for calibration where there is no train folder

struct Labelled {
    std::string path;
    int label = 0;
};

bool is_jpeg(const fs::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return extension == ".jpeg" || extension == ".jpg";
}

/// Paths that `wanted` accepts, in order: a folder lists its files in no particular one.
template <class Wanted> std::vector<fs::path> sorted_entries(const fs::path& folder, Wanted wanted) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder))
        if (wanted(entry)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::vector<fs::path> images_in(const fs::path& folder) {
    return sorted_entries(folder, [](const fs::directory_entry& entry) { return is_jpeg(entry.path()); });
}

/// Lines "file label".
std::map<std::string, int> read_labels(const std::string& path) {
    std::map<std::string, int> labels;
    std::istringstream lines(read_file(path));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        std::istringstream words(line);
        std::string name, rest;
        int label = -1;
        if (!(words >> name >> label) || (words >> rest) || label < 0 || label >= kMostClasses)
            throw UserError(path + ": line " + std::to_string(number) + " is '" + line +
                            "', expected a file name and a label in 0.." + std::to_string(kMostClasses - 1));
        labels[name] = label;
    }
    return labels;
}

std::vector<Labelled> from_list(const fs::path& folder, const std::string& list) {
    const std::map<std::string, int> labels = read_labels(list);
    std::vector<Labelled> images;
    for (const fs::path& path : images_in(folder)) {
        const auto label = labels.find(path.filename().string());
        if (label == labels.end())
            throw UserError(list + ": has no line for " + path.filename().string() + ", which is in " +
                            folder.string());
        images.push_back({path.string(), label->second});
    }
    return images;
}

/// The label is the place of the class's folder among all of them.
std::vector<Labelled> from_class_folders(const fs::path& folder) {
    std::vector<Labelled> images;
    int label = 0;
    for (const fs::path& of_class :
         sorted_entries(folder, [](const fs::directory_entry& entry) { return entry.is_directory(); })) {
        for (const fs::path& path : images_in(of_class)) images.push_back({path.string(), label});
        ++label;
    }
    // Class after class would make the first images all of one kind.
    std::sort(images.begin(), images.end(), [](const Labelled& a, const Labelled& b) {
        return fs::path(a.path).filename() < fs::path(b.path).filename();
    });
    return images;
}

std::vector<Labelled> list_images(const fs::path& root, const std::string& split) {
    const fs::path folder = root / split, list = root / (split + "_labels.txt");
    if (!fs::is_directory(folder))
        throw UserError(folder.string() + ": no such folder; expected the images of ImageNet there");
    std::vector<Labelled> images = fs::exists(list) ? from_list(folder, list.string()) : from_class_folders(folder);
    if (images.empty())
        throw UserError(folder.string() + ": no JPEG files with labels; expected them there with a list " +
                        list.string() + " (file name and label a line), or in one folder a class");
    return images;
}

} // namespace

Dataset load_imagenet(const std::string& folder, ImagenetPart part, const PictureFormat& format,
                      std::optional<std::size_t> limit) {
    const bool has_train = fs::is_directory(fs::path(folder) / "train");
    std::vector<Labelled> images = list_images(folder, part == ImagenetPart::train && has_train ? "train" : "val");
    const auto held_out = static_cast<std::ptrdiff_t>(std::min(kHeldOut, images.size() / 2));
    if (!has_train && part == ImagenetPart::train) images.resize(static_cast<std::size_t>(held_out));
    if (!has_train && part == ImagenetPart::test) images.erase(images.begin(), images.begin() + held_out);
    if (limit && *limit < images.size()) images.resize(*limit);

    Dataset data;
    data.shape = {3, format.crop, format.crop};
    for (const Labelled& image : images) data.labels.push_back(image.label);
    data.pixels.resize(images.size() * data.image_size());
    parallel_for(images.size(), [&](std::size_t i) {
        Picture picture = read_jpeg(images[i].path);
        if (format.resize > 0) picture = resized(picture, format.resize);
        centre_crop(picture, format, images[i].path, data.pixels.data() + i * data.image_size());
    });
    return data;
}

} // namespace veilram
