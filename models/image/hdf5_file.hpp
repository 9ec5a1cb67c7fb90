// As much of HDF5 as the image needs, in memory: what reaches the disk is one plain write, so a full disk leaves
// nothing half done.
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

/// Makes a file of byte arrays; equal content gives equal bytes (no time stamps). Throws ModelError when HDF5 fails.
class Hdf5Writer {
public:
    Hdf5Writer();

    void group(const std::string& name);
    void bytes(const std::string& name, const Hdf5Dims& dims, const std::uint8_t* data);
    /// Attributes of the root group.
    void attribute(const std::string& name, std::uint32_t value);
    void attribute(const std::string& name, const std::string& text);
    /// The file's content; call it last.
    std::string content();

private:
    Hdf5Silence silence_;
    Hdf5Id file_;
};

/// Reads what Hdf5Writer wrote. Every member throws UserError naming `path` and the object.
class Hdf5Reader {
public:
    /// `path` is for messages; `content` is the whole file.
    Hdf5Reader(std::string path, const std::string& content);

    std::uint32_t attribute(const std::string& name) const;
    /// A dataset of `rank` dimensions of unsigned bytes, row-major; `dims` receives their extents.
    std::vector<std::uint8_t> bytes(const std::string& name, std::size_t rank, Hdf5Dims& dims) const;
    /// Number of objects in a group.
    std::size_t count(const std::string& group) const;

    [[noreturn]] void fail(const std::string& problem) const;

private:
    Hdf5Silence silence_;
    std::string path_;
    std::size_t file_size_;
    Hdf5Id file_;
};

} // namespace veilram
