#include "core/conversation/parts.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/conversation/sentences.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kTokensOfALine = 8;  // the time, the speaker's name, the line's end
constexpr std::size_t kFewestTokens = 200;
constexpr std::size_t kOverlap = 10;  // a tenth of a part

// A stretch of a turn; parts are rows of them.
struct Piece {
    std::size_t turn, from, to;
    std::size_t tokens;
};

// What of `text` goes into one piece: all of it, unless it is a sentence that fills half a part.
std::string_view cut_to_fit(std::string_view text, std::size_t most_of_a_part) {
    bool fits = estimate_tokens(text) + kTokensOfALine <= most_of_a_part / 2;
    return fits ? text : clip_words(text, most_of_a_part);  // a token has two bytes at least
}

// A turn as it is when it could be an overlap, else its sentences, as many together as could be.
void append_pieces(std::vector<Piece>& pieces, const Turn& turn, std::size_t number,
                   std::size_t most_of_a_part) {
    const std::size_t most = most_of_a_part / kOverlap;
    std::size_t whole = estimate_tokens(turn.text) + kTokensOfALine;
    if (whole <= most) return pieces.push_back({number, 0, turn.text.size(), whole});
    std::size_t first = pieces.size();
    for (std::string_view rest : sentences_of(turn.text)) {
        while (!rest.empty()) {
            std::string_view cut = cut_to_fit(rest, most_of_a_part);
            auto from = static_cast<std::size_t>(cut.data() - turn.text.data());
            std::size_t tokens = estimate_tokens(cut);
            bool joins = pieces.size() > first && pieces.back().tokens + tokens <= most;
            if (!joins) pieces.push_back({number, from, from, kTokensOfALine});
            pieces.back().to = from + cut.size();
            pieces.back().tokens += tokens;
            rest = trim(rest.substr(cut.size()));
        }
    }
}

// The pieces [from, to) as turns: those that follow each other in one turn are one again.
std::vector<Turn> turns_of(const std::vector<Turn>& turns, const std::vector<Piece>& pieces,
                           std::size_t from, std::size_t to) {
    std::vector<Turn> part;
    for (std::size_t i = from; i < to; ++i) {
        std::size_t begin = pieces[i].from;
        while (i + 1 < to && pieces[i + 1].turn == pieces[i].turn) ++i;
        Turn turn = turns[pieces[i].turn];
        turn.text = turn.text.substr(begin, pieces[i].to - begin);
        part.push_back(std::move(turn));
    }
    return part;
}

// Where the last pieces before `end` begin that together have at most `most` tokens.
std::size_t tail(const std::vector<Piece>& pieces, std::size_t end, std::size_t most) {
    std::size_t from = end;
    for (std::size_t tokens = 0; from > 0; --from) {
        tokens += pieces[from - 1].tokens;
        if (tokens > most) break;
    }
    return from;
}

}  // namespace

std::size_t estimate_tokens(std::string_view text) {
    std::size_t quarters = 0;
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = next_code_point(text, at);
        quarters += c < 0x80 ? 1 : is_unspaced(c) ? 4 : 2;
    }
    return (quarters + 3) / 4;
}

std::vector<std::vector<Turn>> split_turns(const std::vector<Turn>& turns,
                                           std::size_t most_tokens) {
    std::size_t most = std::max(most_tokens, kFewestTokens);
    std::size_t overlap = most / kOverlap;
    std::size_t total = 0;
    for (const Turn& turn : turns) total += estimate_tokens(turn.text) + kTokensOfALine;
    if (total <= most) return {turns};

    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < turns.size(); ++i) append_pieces(pieces, turns[i], i, most);
    std::vector<std::vector<Turn>> parts;
    for (std::size_t from = 0, end = 0; end < pieces.size(); from = tail(pieces, end, overlap)) {
        std::size_t tokens = 0;
        for (std::size_t i = from; i < end; ++i) tokens += pieces[i].tokens;
        while (end < pieces.size() && tokens + pieces[end].tokens <= most)
            tokens += pieces[end++].tokens;
        parts.push_back(turns_of(turns, pieces, from, end));
    }
    return parts;
}

}  // namespace headway::core
