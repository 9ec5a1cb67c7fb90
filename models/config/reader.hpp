// Fills config structs from a configuration tree, strictly.
#pragma once

#include "models/config/value.hpp"
#include "models/config/visitor.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace veilram {

/// Where each field was written, for checks that look at several fields.
class FieldPlaces {
public:
    explicit FieldPlaces(std::string file = {}) : file_(std::move(file)) {}
    void add(const std::string& field, const SourcePlace& place) { places_[field] = place; }
    /// Of the field, or of the nearest section around it that was written, or the file.
    SourcePlace of(std::string field) const;

private:
    std::string file_;
    std::map<std::string, SourcePlace> places_;
};

/// Moves text into fields. Absent fields keep their value. Collects every problem - unknown key, wrong type, value out
/// of range, missing required field - and never throws on bad input.
class Reader final : public FieldVisitor {
public:
    /// Keeps references; `root` must be a map.
    Reader(const ConfigValue& root, FieldPlaces& places, Diagnostics& out);
    /// To be called after the last field: reports what nobody asked for in the outermost map.
    void finish();

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
    struct Frame {
        const ConfigValue* map; ///< nullptr: the section is absent or no map, so nothing in it is missed
        std::string path;
        std::vector<std::string> asked;
    };
    std::string full(const char* key) const;
    /// The value of `key`, noted as asked for; a missing required one is reported.
    const ConfigValue* find(const char* key, const Info& info);
    /// The same when it must be a scalar; anything else is reported with `expected`.
    const ConfigValue* scalar(const char* key, const Info& info, const std::string& expected);
    template <class Quantity>
    void quantity(const char* key, Quantity& value, const Info& info,
                  std::optional<Quantity> (*parse)(std::string_view), Quantity largest, const std::string& noun,
                  const std::string& how);
    void wrong(const ConfigValue& value, const char* key, const std::string& problem);
    void report_unknown_keys(const Frame& frame);

    FieldPlaces& places_;
    Diagnostics& out_;
    std::vector<Frame> frames_;
};

/// "; did you mean 'solver'?" with the nearest known word, else the list of known ones.
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

} // namespace veilram
