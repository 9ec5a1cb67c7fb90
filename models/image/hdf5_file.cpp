#include "models/image/hdf5_file.hpp"

#include "models/base/diagnostics.hpp"

#include <functional>
#include <numeric>

namespace veilram {
namespace {

/// HDF5 wants a name even for a file in memory and looks for it on the disk; below /dev/null nothing can exist.
constexpr const char* kNoFile = "/dev/null/image";
constexpr std::size_t kGrowth = 1 << 20; ///< bytes by which a file in memory grows

/// A file access list that keeps the file in memory.
Hdf5Id memory_access() {
    Hdf5Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (!access || H5Pset_fapl_core(access.get(), kGrowth, 0) < 0) throw ModelError("HDF5 has no core file driver");
    return access;
}

Hdf5Id open_in_memory(const std::string& content) {
    const Hdf5Id access = memory_access();
    std::string image = content; // HDF5 copies it but asks for a writable pointer
    if (!image.empty() && H5Pset_file_image(access.get(), image.data(), image.size()) < 0)
        throw ModelError("HDF5 cannot take a file of " + std::to_string(image.size()) + " bytes");
    return {image.empty() ? -1 : H5Fopen(kNoFile, H5F_ACC_RDONLY, access.get()), H5Fclose};
}

void require(bool done, const std::string& what) {
    if (!done) throw ModelError("HDF5 cannot write " + what);
}

} // namespace

Hdf5Silence::Hdf5Silence() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}
Hdf5Silence::~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

Hdf5Writer::Hdf5Writer() : file_(H5Fcreate(kNoFile, H5F_ACC_TRUNC, H5P_DEFAULT, memory_access().get()), H5Fclose) {
    require(static_cast<bool>(file_), "a file in memory");
}

void Hdf5Writer::group(const std::string& name) {
    const Hdf5Id group(H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    require(static_cast<bool>(group), name);
}

void Hdf5Writer::bytes(const std::string& name, const Hdf5Dims& dims, const std::uint8_t* data) {
    const Hdf5Id space(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), H5Sclose);
    const Hdf5Id layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    require(space && layout && H5Pset_obj_track_times(layout.get(), 0) >= 0, name);
    const Hdf5Id set(
        H5Dcreate2(file_.get(), name.c_str(), H5T_STD_U8LE, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT),
        H5Dclose);
    require(set && H5Dwrite(set.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0, name);
}

void Hdf5Writer::attribute(const std::string& name, std::uint32_t value) {
    const Hdf5Id space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Id item(H5Acreate2(file_.get(), name.c_str(), H5T_STD_U32LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    require(item && H5Awrite(item.get(), H5T_NATIVE_UINT32, &value) >= 0, name);
}

void Hdf5Writer::attribute(const std::string& name, const std::string& text) {
    const Hdf5Id space(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Id type(H5Tcopy(H5T_C_S1), H5Tclose);
    require(type && H5Tset_size(type.get(), text.size()) >= 0 && H5Tset_strpad(type.get(), H5T_STR_NULLPAD) >= 0, name);
    const Hdf5Id item(H5Acreate2(file_.get(), name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    require(item && H5Awrite(item.get(), type.get(), text.data()) >= 0, name);
}

std::string Hdf5Writer::content() {
    require(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0, "a file in memory");
    const ssize_t size = H5Fget_file_image(file_.get(), nullptr, 0);
    require(size > 0, "a file in memory");
    std::string image(static_cast<std::size_t>(size), '\0');
    require(H5Fget_file_image(file_.get(), image.data(), image.size()) == size, "a file in memory");
    return image;
}

Hdf5Reader::Hdf5Reader(std::string path, const std::string& content)
    : path_(std::move(path)), file_size_(content.size()), file_(open_in_memory(content)) {
    if (!file_) fail("not an HDF5 file, or cut off (" + std::to_string(file_size_) + " bytes)");
}

void Hdf5Reader::fail(const std::string& problem) const {
    throw UserError(path_ + ": " + problem +
                    "; expected an image written by `veilram compile` (docs/image_format.md), make or copy it again");
}

std::uint32_t Hdf5Reader::attribute(const std::string& name) const {
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

std::vector<std::uint8_t> Hdf5Reader::bytes(const std::string& name, std::size_t rank, Hdf5Dims& dims) const {
    const Hdf5Id set(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
    if (!set) fail("dataset '" + name + "' is missing or unreadable");
    const Hdf5Id space(H5Dget_space(set.get()), H5Sclose);
    const Hdf5Id type(H5Dget_type(set.get()), H5Tclose);
    if (H5Tequal(type.get(), H5T_STD_U8LE) <= 0 || H5Sget_simple_extent_ndims(space.get()) != static_cast<int>(rank))
        fail("dataset '" + name + "' is not an array of bytes in " + std::to_string(rank) + " dimensions");
    dims.resize(rank);
    H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr);
    hsize_t size = 1;
    for (const hsize_t extent : dims) {
        if (extent > file_size_ || (extent > 0 && size > file_size_ / extent))
            fail("dataset '" + name + "' claims more bytes than the file has");
        size *= extent;
    }
    std::vector<std::uint8_t> data(size);
    if (H5Dread(set.get(), H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()) < 0)
        fail("dataset '" + name + "' cannot be read");
    return data;
}

std::size_t Hdf5Reader::count(const std::string& group) const {
    const Hdf5Id opened(H5Gopen2(file_.get(), group.c_str(), H5P_DEFAULT), H5Gclose);
    H5G_info_t info{};
    if (!opened || H5Gget_info(opened.get(), &info) < 0) fail("group '" + group + "' is missing");
    return static_cast<std::size_t>(info.nlinks);
}

} // namespace veilram
