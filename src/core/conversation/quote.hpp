#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/text.hpp"
#include "core/conversation/transcript.hpp"

namespace headway::core {

enum class QuoteStatus {
    verified,    // the words stand in the transcript exactly
    repaired,    // they do once white space, case and punctuation are folded
    unverified,  // they do not
};

const char* name(QuoteStatus status);

struct Quote {
    QuoteStatus status = QuoteStatus::unverified;
    std::string text;  // the transcript's own words; the claimed ones when unverified
    std::string speaker;
    std::optional<double> start_s;  // of the turn that holds it
};

// Looks quotes up in one conversation. A quote must lie within one turn: words glued together from
// two speakers are nobody's quote. The turns must outlive the verifier.
class QuoteVerifier {
  public:
    explicit QuoteVerifier(const std::vector<Turn>& turns);
    Quote verify(std::string_view claimed) const;

  private:
    // `size` bytes at `at` of the folded turn `i`, in the turn's own spelling.
    Quote as_said(std::size_t i, std::size_t at, std::size_t size) const;

    const std::vector<Turn>& turns_;
    std::vector<Folded> folded_;
};

}  // namespace headway::core
