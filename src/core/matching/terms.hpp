#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sb_stemmer;

namespace headway::core {

// Splits texts into the terms that retrieval counts: words in lower case, reduced to their stem by
// the language's Snowball stemmer, without words that say nothing about the subject.
class Terms {
  public:
    // `language` as Snowball names it ("english", "german") or ISO 639 codes; unknown ones are not
    // stemmed.
    explicit Terms(std::string_view language = "english");

    std::vector<std::string> of(std::string_view text) const;
    std::string stem(const std::string& word) const;

    // Lower-case words and numbers in order, unstemmed, nothing left out; identifiers such as
    // "NameNode" and "fs.data" count whole and in parts.
    static std::vector<std::string> words(std::string_view text);
    static bool is_stop_word(std::string_view word);

  private:
    struct StemmerDeleter {
        void operator()(sb_stemmer* stemmer) const;
    };
    std::unique_ptr<sb_stemmer, StemmerDeleter> stemmer_;
};

}  // namespace headway::core
