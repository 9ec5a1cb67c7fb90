#include "models/image/hdf5_file.hpp"

#include "models/base/diagnostics.hpp"

#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <mutex>
#include <numeric>
#include <unistd.h>

namespace veilram {
namespace fs = std::filesystem;
namespace {

/// The part of a dataset that starts at element `first` of its first dimension and has these extents.
Hdf5Id slice_of(const Hdf5Id& set, std::size_t first, const Hdf5Dims& count) {
    Hdf5Id space(H5Dget_space(set.get()), H5Sclose);
    Hdf5Dims start(count.size(), 0);
    start[0] = first;
    if (H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr) < 0)
        throw ModelError("HDF5 has no such slice");
    return space;
}

Hdf5Id simple_space(const Hdf5Dims& dims) {
    return {H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose};
}

/// Extents of `count` elements of the first dimension.
Hdf5Dims slice_dims(const Hdf5Id& set, std::size_t count) {
    const Hdf5Id space(H5Dget_space(set.get()), H5Sclose);
    Hdf5Dims dims(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    dims.at(0) = count;
    return dims;
}

/// Readers and writers of images lock nothing, for files are replaced whole, and what is written goes to the file at
/// once.
Hdf5Id plain_access() {
    Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (!access || H5Pset_file_locking(access.get(), false, true) < 0 || H5Pset_sieve_buf_size(access.get(), 0) < 0)
        throw ModelError("HDF5 has no file driver");
    return access;
}

/// The library is not made for threads.
std::mutex& one_at_a_time() {
    static std::mutex mutex;
    return mutex;
}

constexpr std::size_t kMetadata = 1 << 20; ///< more than HDF5 needs beside the data

/// Whether the disk takes a file of this size.
bool has_room(const std::string& path, std::size_t bytes) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) return false;
    const bool fits = ::posix_fallocate(file, 0, static_cast<off_t>(bytes)) == 0;
    ::close(file);
    return fits;
}

std::size_t size_of(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) throw UserError(path + ": is a folder, expected a file");
    const std::uintmax_t size = fs::file_size(path, error);
    if (error) throw UserError(path + ": cannot open: " + error.message());
    return size;
}

} // namespace

std::string layer_dataset(const std::string& group, std::size_t layer) {
    const std::string number = std::to_string(layer);
    return group + "/layer_" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
}

Hdf5Silence::Hdf5Silence() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
Hdf5Silence::~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

Hdf5Writer::Hdf5Writer(const std::string& path, std::string shown, std::size_t bytes)
    : shown_(std::move(shown)), file_(-1, H5Fclose) {
    require(has_room(path, bytes + kMetadata));
    file_ = {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, plain_access().get()), H5Fclose};
    require(static_cast<bool>(file_));
}

void Hdf5Writer::require(bool done) const {
    if (!done) throw UserError(shown_ + ": cannot write: is the disk full, or the folder missing or read-only?");
}

void Hdf5Writer::group(const std::string& name) {
    const Hdf5Id group(H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    require(static_cast<bool>(group));
}

void Hdf5Writer::bytes(const std::string& name, const std::uint8_t* data, std::size_t size) {
    make_bytes(name, {size});
    write_slice(name, 0, size, data);
}

void Hdf5Writer::make_bytes(const std::string& name, const Hdf5Dims& dims) {
    const Hdf5Id space = simple_space(dims), layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    require(space && layout && H5Pset_obj_track_times(layout.get(), 0) >= 0);
    const Hdf5Id set(
        H5Dcreate2(file_.get(), name.c_str(), H5T_STD_U8LE, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT),
        H5Dclose);
    require(static_cast<bool>(set));
}

void Hdf5Writer::write_slice(const std::string& name, std::size_t first, std::size_t count, const std::uint8_t* data) {
    const Hdf5Id set(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
    require(static_cast<bool>(set));
    const Hdf5Dims dims = slice_dims(set, count);
    const Hdf5Id here = slice_of(set, first, dims), memory = simple_space(dims);
    require(H5Dwrite(set.get(), H5T_NATIVE_UINT8, memory.get(), here.get(), H5P_DEFAULT, data) >= 0);
}

void Hdf5Writer::attribute(const std::string& name, std::uint32_t value) {
    const Hdf5Id space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Id item(H5Acreate2(file_.get(), name.c_str(), H5T_STD_U32LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    require(item && H5Awrite(item.get(), H5T_NATIVE_UINT32, &value) >= 0);
}

void Hdf5Writer::attribute(const std::string& name, const std::string& text) {
    const Hdf5Id space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
    require(type && H5Tset_size(type.get(), text.size()) >= 0 && H5Tset_strpad(type.get(), H5T_STR_NULLPAD) >= 0);
    const Hdf5Id item(H5Acreate2(file_.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    require(item && H5Awrite(item.get(), type.get(), text.data()) >= 0);
}

void Hdf5Writer::close() {
    require(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0);
    require(H5Fclose(file_.release()) >= 0);
}

Hdf5Reader::Hdf5Reader(std::string path)
    : path_(std::move(path)), file_size_(size_of(path_)),
      file_(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, plain_access().get()), H5Fclose) {
    if (!file_) fail("not an HDF5 file, or cut off (" + std::to_string(file_size_) + " bytes)");
}

void Hdf5Reader::fail(const std::string& problem) const {
    throw UserError(
        path_ + ": " + problem +
        "; expected an image written by `veilram compile` or `encrypt` (docs/image_format.md), make or copy it again");
}

std::uint32_t Hdf5Reader::attribute(const std::string& name) const {
    const std::lock_guard<std::mutex> lock(one_at_a_time());
    const Hdf5Id item(H5Aopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
    if (!item) fail("attribute '" + name + "' is missing");
    const Hdf5Id space(H5Aget_space(item.get()), H5Sclose);
    const Hdf5Id type(H5Aget_type(item.get()), H5Tclose);
    if (H5Sget_simple_extent_npoints(space.get()) != 1 || H5Tget_class(type.get()) != H5T_INTEGER)
        fail("attribute '" + name + "' is not one integer");
    std::uint32_t value = 0;
    if (H5Aread(item.get(), H5T_NATIVE_UINT32, &value) < 0) fail("attribute '" + name + "' cannot be read");
    return value;
}

Hdf5Dims Hdf5Reader::dims(const std::string& name, std::size_t rank) const {
    const std::lock_guard<std::mutex> lock(one_at_a_time());
    const Hdf5Id set(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set) fail("dataset '" + name + "' is missing or unreadable");
    const Hdf5Id space(H5Dget_space(set.get()), H5Sclose);
    const Hdf5Id type(H5Dget_type(set.get()), H5Tclose);
    if (H5Tequal(type.get(), H5T_STD_U8LE) <= 0 || H5Sget_simple_extent_ndims(space.get()) != static_cast<int>(rank))
        fail("dataset '" + name + "' is not an array of bytes in " + std::to_string(rank) + " dimensions");
    Hdf5Dims dims(rank);
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    hsize_t size = 1;
    for (const hsize_t extent : dims) {
        if (extent > file_size_ || (extent > 0 && size > file_size_ / extent))
            fail("dataset '" + name + "' claims more bytes than the file has");
        size *= extent;
    }
    return dims;
}

std::vector<std::uint8_t> Hdf5Reader::bytes(const std::string& name) const { return read(name, 0, dims(name, 1)); }

std::vector<std::uint8_t> Hdf5Reader::slice(const std::string& name, std::size_t first, std::size_t count) const {
    Hdf5Dims extents = dims(name, 3);
    if (first + count > extents[0])
        throw ModelError("'" + name + "' has no elements beyond " + std::to_string(extents[0]));
    extents[0] = count;
    return read(name, first, extents);
}

std::vector<std::uint8_t> Hdf5Reader::read(const std::string& name, std::size_t first, const Hdf5Dims& count) const {
    const std::lock_guard<std::mutex> lock(one_at_a_time());
    const Hdf5Id set(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
    std::vector<std::uint8_t> data(
        std::accumulate(count.begin(), count.end(), std::size_t{1}, std::multiplies<std::size_t>()));
    const Hdf5Id here = slice_of(set, first, count), memory = simple_space(count);
    if (H5Dread(set.get(), H5T_NATIVE_UINT8, memory.get(), here.get(), H5P_DEFAULT, data.data()) < 0)
        fail("dataset '" + name + "' cannot be read");
    return data;
}

std::size_t Hdf5Reader::count(const std::string& group) const {
    const std::lock_guard<std::mutex> lock(one_at_a_time());
    const Hdf5Id opened(H5Gopen2(file_.get(), group.c_str(), H5P_DEFAULT), H5Gclose);
    H5G_info_t info{};
    if (!opened || H5Gget_info(opened.get(), &info) < 0) fail("group '" + group + "' is missing");
    return static_cast<std::size_t>(info.nlinks);
}

} // namespace veilram
