// As much of HDF5 as the image needs.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace veilram {

/// Owns one HDF5 identifier.
class Hdf5Id {
public:
    using Close = herr_t (*)(hid_t);

    Hdf5Id(hid_t id, Close close) : id_(id), close_(close) {}
    ~Hdf5Id() { reset(); }
    Hdf5Id(Hdf5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Hdf5Id& operator=(Hdf5Id&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    explicit operator bool() const { return id_ >= 0; }
    hid_t get() const { return id_; }
    /// The caller closes it.
    hid_t release() { return std::exchange(id_, -1); }

private:
    void reset() {
        if (id_ >= 0) close_(id_);
    }
    hid_t id_;
    Close close_;
};

/// Keeps HDF5 from printing its error stack while it lives; the caller turns failures into texts of its own.
class Hdf5Silence {
public:
    Hdf5Silence();
    ~Hdf5Silence();
    Hdf5Silence(const Hdf5Silence&) = delete;
    Hdf5Silence& operator=(const Hdf5Silence&) = delete;

private:
    H5E_auto2_t function_ = nullptr;
    void* data_ = nullptr;
};

using Hdf5Dims = std::vector<hsize_t>;

/// "GROUP/layer_007": three digits or more.
std::string layer_dataset(const std::string& group, std::size_t layer);

/// Makes a file of byte arrays; equal content gives equal bytes (no time stamps). Every member throws UserError naming
/// the file when it cannot be written.
class Hdf5Writer {
public:
    /// Creates or empties `path`; `shown` is its name in messages. Makes sure of room for `bytes` of data first: HDF5
    /// crashes when the disk fills up under it.
    Hdf5Writer(const std::string& path, std::string shown, std::size_t bytes);

    void group(const std::string& name);
    /// A dataset of one dimension.
    void bytes(const std::string& name, const std::uint8_t* data, std::size_t size);
    /// A dataset without content yet, row-major. It is contiguous: a slice of it is read and written in one go.
    void make_bytes(const std::string& name, const Hdf5Dims& dims);
    /// Elements first..first+count-1 of the first dimension.
    void write_slice(const std::string& name, std::size_t first, std::size_t count, const std::uint8_t* data);
    /// Attributes of the root group.
    void attribute(const std::string& name, std::uint32_t value);
    void attribute(const std::string& name, const std::string& text);
    /// Everything is on its way to the disk; call it last.
    void close();

private:
    void require(bool done) const;

    Hdf5Silence silence_;
    std::string shown_;
    Hdf5Id file_;
};

/// Reads what Hdf5Writer wrote. Every member throws UserError naming `path` and the object; several threads may call
/// them at once.
class Hdf5Reader {
public:
    explicit Hdf5Reader(std::string path);

    std::uint32_t attribute(const std::string& name) const;
    /// Extents of a dataset of unsigned bytes, which must have `rank` dimensions and fit into the file.
    Hdf5Dims dims(const std::string& name, std::size_t rank) const;
    /// A dataset of one dimension.
    std::vector<std::uint8_t> bytes(const std::string& name) const;
    /// Elements first..first+count-1 of the first of three dimensions, row-major.
    std::vector<std::uint8_t> slice(const std::string& name, std::size_t first, std::size_t count) const;
    /// Number of objects in a group.
    std::size_t count(const std::string& group) const;

    [[noreturn]] void fail(const std::string& problem) const;

private:
    std::vector<std::uint8_t> read(const std::string& name, std::size_t first, const Hdf5Dims& count) const;

    Hdf5Silence silence_;
    std::string path_;
    std::size_t file_size_;
    Hdf5Id file_;
};

} // namespace veilram
