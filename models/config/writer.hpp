// Writes config structs as YAML that a Reader reads back to the same values.
#pragma once

#include "models/config/visitor.hpp"

#include <string>

namespace veilram {

class Writer final : public FieldVisitor {
public:
    /// `folder` is where the text will be kept: relative paths are written relative to it.
    explicit Writer(std::string folder) : folder_(std::move(folder)) {}
    const std::string& yaml() const { return yaml_; }

    void seed(const char* key, std::uint64_t& value, const Info& info) override;
    void flag(const char* key, bool& value, const Info& info) override;
    void real(const char* key, double& value, RealRange range, const Info& info) override;
    void reals(const char* key, std::vector<float>& value, const Info& info) override;
    void text(const char* key, std::string& value, const Info& info) override;
    void texts(const char* key, std::vector<std::string>& value, const Info& info) override;
    void path(const char* key, std::string& value, const Info& info) override;
    void time(const char* key, Ps& value, const Info& info) override;
    void energy(const char* key, Fj& value, const Info& info) override;
    void power(const char* key, Nw& value, const Info& info) override;
    void area(const char* key, Um2& value, const Info& info) override;

protected:
    bool wants(const char* key, bool has_value) override;
    void begin(const char* key, const Info& info) override;
    void end() override;
    void whole(const char* key, std::int64_t& value, IntRange range, const Info& info) override;
    void one_of(const char* key, std::size_t& index, const std::vector<const char*>& names, const Info& info) override;

private:
    void line(const char* key, const std::string& value);

    std::string folder_;
    std::string yaml_;
    std::size_t depth_ = 0;
};

} // namespace veilram
