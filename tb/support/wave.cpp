#include "tb/support/wave.hpp"

#include "models/base/file.hpp"

#include <sstream>

namespace veilram::test {
namespace {

/// One declaration, up to its $end.
std::vector<std::string> words_to_end(std::istream& in) {
    std::vector<std::string> words;
    for (std::string word; in >> word && word != "$end";) words.push_back(word);
    return words;
}

class WaveReader {
public:
    explicit WaveReader(const std::string& text) : in_(text) {}

    Wave read() {
        for (std::string word; in_ >> word;) {
            if (word[0] == '$')
                declare(word);
            else if (word[0] == '#')
                time_ = std::stoll(word.substr(1));
            else
                change(word);
        }
        return wave_;
    }

private:
    void declare(const std::string& what) {
        if (what == "$dumpvars" || what == "$end") return; // around values
        const auto words = words_to_end(in_);
        if (what == "$timescale") wave_.timescale = words.at(0) + (words.size() > 1 ? " " + words[1] : "");
        if (what == "$scope") scopes_.push_back(words.at(1));
        if (what == "$upscope") scopes_.pop_back();
        if (what != "$var") return; // type, width, id, name, range
        std::string full;
        for (const auto& scope : scopes_) full += scope + ".";
        full += words.at(3) + (words.size() > 4 ? words[4] : "");
        name_of_[words.at(2)] = full;
        wave_.signals[full];
    }
    void change(const std::string& word) {
        std::string value = word, id;
        if (word[0] == 'b' || word[0] == 'r') {
            in_ >> id;
        } else {
            value = word.substr(0, 1);
            id = word.substr(1);
        }
        wave_.signals[name_of_.at(id)].emplace_back(time_, value);
    }

    std::istringstream in_;
    Wave wave_;
    std::vector<std::string> scopes_;
    std::map<std::string, std::string> name_of_;
    std::int64_t time_ = 0;
};

} // namespace

Wave read_wave(const std::string& path) { return WaveReader(read_file(path)).read(); }

} // namespace veilram::test
