// Writes the reference of a configuration: every field with type, default and meaning.
#pragma once

#include "models/config/visitor.hpp"

#include <string>
#include <utility>
#include <vector>

namespace veilram {

/// Visit a default-constructed struct, then take markdown(): a table of the outermost fields and one of each section.
class Describer final : public FieldVisitor {
public:
    Describer() : sections_{{"", "", ""}}, open_{0} {}
    std::string markdown() const;

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
    void begin_cost(const char* key, const Info& info) override;
    void end_cost() override;
    void whole(const char* key, std::int64_t& value, IntRange range, const Info& info) override;
    void one_of(const char* key, std::size_t& index, const std::vector<const char*>& names, const Info& info) override;

private:
    struct Section {
        std::string path;
        std::string help;
        std::string rows;
    };
    void row(const char* key, const std::string& type, const std::string& value, const Info& info);

    std::vector<Section> sections_; ///< in the order they begin
    std::vector<std::size_t> open_; ///< the section being described and those around it
    bool in_cost_ = false;
};

} // namespace veilram
