#include "core/conversation/said.hpp"

#include <algorithm>
#include <array>

#include "core/base/text.hpp"
#include "core/conversation/said_dates.hpp"
#include "core/conversation/spoken_words.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kMostBytes = 1024 * 1024;
constexpr std::size_t kMostWords = 200'000;
constexpr std::size_t kMostValues = 20;  // who names more says nothing definite

template <class T>
void add(std::vector<T>& values, T value) {
    if (values.size() < kMostValues &&
        std::find(values.begin(), values.end(), value) == values.end())
        values.push_back(std::move(value));
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 12> kPeople = {"people", "persons", "person", "guests",
                                                      "guest",  "pax",     "covers", "adults",
                                                      "heads",  "diners",  "seats",  "folks"};
constexpr std::array<std::string_view, 2> kBeforeHours = {"at", "around"};
constexpr std::array<std::string_view, 3> kHalves = {"morning", "afternoon", "evening"};
constexpr std::array<std::string_view, 6> kGatherings = {"party",   "group",       "table",
                                                         "booking", "reservation", "seating"};

class Reader {
  public:
    Reader(std::string_view transcript, std::chrono::sys_days call, bool month_first)
        : words_(spoken_words(clip(transcript, kMostBytes), kMostWords)),
          call_(call),
          month_first_(month_first) {}

    Said read() {
        for (std::size_t at = 0; at < words_.size();) {
            if (clock_of_a_turn(at)) continue;
            std::size_t before = at;
            for (auto date : dates_at(words_, at, call_, month_first_)) add(said_.dates, date);
            part_of_day(before);
            if (at == before && !time_at(at) && !guests_at(at)) ++at;
        }
        return std::move(said_);
    }

  private:
    const SpokenWord& word(std::size_t i) const { return i < words_.size() ? words_[i] : none_; }
    const SpokenWord& behind(std::size_t i, std::size_t back) const {
        return i >= back ? words_[i - back] : none_;
    }

    // "[00:12:03]" and "(12:03)" tell when something was said.
    bool clock_of_a_turn(std::size_t& at) const {
        bool bracket = word(at).before == '[' || word(at).before == '(';
        if (!word(at).digits || word(at).joint != ':' || !word(at + 1).digits) return false;
        bool seconds = word(at + 1).joint == ':' && word(at + 2).digits;
        if (!bracket && !seconds) return false;
        at += seconds ? 3 : 2;
        return true;
    }

    void part_of_day(std::size_t at) {
        const std::string& text = words_[at].text;
        if (behind(at, 1).text == "good") return;  // a greeting
        if (text == "lunch" || text == "lunchtime" || text == "luncheon")
            add<std::string>(said_.parts, "lunch");
        else if (text == "dinner" || text == "supper" || text == "dinnertime")
            add<std::string>(said_.parts, "dinner");
        else if (text == "breakfast" || text == "brunch" || text == "morning" ||
                 text == "afternoon" || text == "evening")
            add(said_.parts, text == "brunch" ? std::string("lunch") : text);
        else if (text == "tonight") add<std::string>(said_.parts, "evening");
        else if (text == "noon" || text == "midday") add(said_.times, 12 * 60);
        else if (text == "midnight") add(said_.times, 0);
    }

    // "am", "a.m." or "pm" behind a number: how many words that is, and whether it is after noon.
    struct Half {
        std::size_t words = 0;
        bool after_noon = false;
    };
    Half half_at(std::size_t at, std::string_view ending) const {
        if (ending == "am" || ending == "pm") return {0, ending == "pm"};
        if (!ending.empty()) return {};
        const SpokenWord& next = word(at);
        if (next.text == "am" || next.text == "pm") return {1, next.text == "pm"};
        if ((next.text == "a" || next.text == "p") && next.joint == '.' && word(at + 1).text == "m")
            return {2, next.text == "p"};
        if (next.text == "in" && word(at + 1).text == "the" &&
            is_one_of(word(at + 2).text, kHalves))
            return {3, word(at + 2).text != "morning"};
        if (next.text == "at" && word(at + 1).text == "night") return {2, true};
        return {};
    }

    void add_time(int hour, int minute, bool either_half) {
        if (hour > 23 || minute > 59) return;
        add(said_.times, hour * 60 + minute);
        if (either_half && hour >= 1 && hour <= 12)
            add(said_.times, (hour % 12 + (hour < 12 ? 12 : 0)) * 60 + minute);
    }

    // "7:45", "seven forty-five" where a time is expected
    bool minutes_follow(std::size_t at) const {
        const SpokenWord &hour = words_[at], &minute = word(at + 1);
        if (!minute.number || minute.ordinal || *minute.number > 59) return false;
        if (hour.digits) return hour.joint == ':' && minute.digits;
        return !minute.digits && *minute.number >= 5 && *hour.number <= 12 &&
               (hour.joint == ' ' || hour.joint == '-') &&
               (is_one_of(behind(at, 1).text, kBeforeHours) || half_at(at + 2, "").words > 0);
    }

    // "7 pm", "7:30 p.m.", "19:30", "at seven", "seven o'clock", "half past seven"
    bool time_at(std::size_t& at) {
        const SpokenWord& hour = words_[at];
        if (!hour.number || hour.ordinal || *hour.number > 23) return false;
        bool minutes = minutes_follow(at);
        int minute = minutes ? *word(at + 1).number : 0;
        std::size_t next = at + (minutes ? 2 : 1);
        const SpokenWord& last = words_[next - 1];
        std::string_view ending = last.digits ? std::string_view(last.text) : "";
        Half half = half_at(next, ending);
        bool is_half = half.words > 0 || ending == "am" || ending == "pm";
        if (is_half && *hour.number >= 1 && *hour.number <= 12) {
            add_time(*hour.number % 12 + (half.after_noon ? 12 : 0), minute, false);
            at = next + half.words;
            return true;
        }
        if (minutes) {
            add_time(*hour.number, minute, *hour.number < 12);
            at = next;
            return true;
        }
        return hour_alone(at);
    }

    bool hour_alone(std::size_t& at) {
        int hour = *words_[at].number;
        if (hour < 1 || hour > 12) return false;
        std::string_view said = behind(at, 1).text, before = behind(at, 2).text;
        bool oclock = word(at + 1).text == "oclock" ||
                      (word(at + 1).text == "o" && word(at + 2).text == "clock");
        bool at_hour = is_one_of(said, kBeforeHours) && !is_one_of(word(at + 1).text, kPeople) &&
                       words_[at].joint != '/';
        int minute = said == "past" && before == "half"      ? 30
                     : said == "past" && before == "quarter" ? 15
                                                             : 0;
        if (!oclock && !at_hour && minute == 0) return false;
        add_time(hour, minute, true);
        ++at;
        return true;
    }

    // "a party of six", "table for 4", "thirty guests", "six of us"
    bool guests_at(std::size_t& at) {
        const SpokenWord& count = words_[at];
        if (!count.number || count.ordinal || (count.digits && !count.text.empty()) ||
            *count.number < 1 || *count.number > 5000)
            return false;
        std::string_view said = behind(at, 1).text;
        bool gathering =
            (said == "of" || said == "for") && is_one_of(behind(at, 2).text, kGatherings);
        bool people = is_one_of(word(at + 1).text, kPeople) ||
                      (word(at + 1).text == "of" && word(at + 2).text == "us");
        if (!gathering && !people) return false;
        add(said_.guests, *count.number);
        ++at;
        return true;
    }

    std::vector<SpokenWord> words_;
    const SpokenWord none_ = {};
    std::chrono::sys_days call_;
    bool month_first_;
    Said said_;
};

std::string two_digits(unsigned value) {
    return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

std::string date_text(std::chrono::sys_days date) {
    std::chrono::year_month_day d(date);
    return std::to_string(static_cast<int>(d.year())) + "-" + two_digits(unsigned(d.month())) +
           "-" + two_digits(unsigned(d.day()));
}

bool is_word_before(std::string_view text, std::size_t at) {
    return at > 0 && (static_cast<unsigned char>(text[at - 1]) >= 0x80 ||
                      std::isalnum(static_cast<unsigned char>(text[at - 1])));
}
bool is_word_at(std::string_view text, std::size_t at) {
    if (text.substr(at, 2) == "'t") return true;  // "don't" is not Don
    return at < text.size() && (static_cast<unsigned char>(text[at]) >= 0x80 ||
                                std::isalnum(static_cast<unsigned char>(text[at])));
}

// The next place where `words` stand as whole words; both are in lower case.
std::size_t find_whole(std::string_view text, std::string_view words, std::size_t from) {
    for (std::size_t at = from; (at = text.find(words, at)) != std::string_view::npos; ++at)
        if (!is_word_before(text, at) && !is_word_at(text, at + words.size())) return at;
    return std::string_view::npos;
}

constexpr std::size_t kLongestName = 200;  // longer ones are compared for too long
constexpr std::size_t kLongestLabel = 60;

// First words of names that are said in every call: titles, articles, verbs.
constexpr std::array<std::string_view, 16> kNoNames = {
    "the", "mrs", "miss", "prof", "madam", "sir",  "will", "may",
    "can", "and", "for",  "our",  "your",  "from", "new",  "all"};

// Whether what stands at `at` is a speaker's label: from there to a colon there is no more than a
// name, and nothing but a clock before it in its line. Looks no further than a label is long: a
// line may be the whole transcript.
bool is_label(std::string_view text, std::size_t at) {
    std::size_t from = at - std::min(at, kLongestLabel);
    std::size_t line_break = text.substr(from, at - from).rfind('\n');
    if (line_break == std::string_view::npos && from > 0) return false;
    std::size_t line = line_break == std::string_view::npos ? 0 : from + line_break + 1;
    std::string_view label = text.substr(line, kLongestLabel + 1);
    std::size_t colon = label.find_first_of(":\n", at - line);
    if (colon == std::string_view::npos || label[colon] != ':') return false;
    label = label.substr(0, colon);
    return std::count(label.begin(), label.end(), ' ') <= 4 &&
           label.find_first_of(",.?!;") == std::string_view::npos;
}

// "this is Ann", "my name is Ann", "I'm Ann", "Ann here", "Ann speaking"; in lower case.
bool is_introduction(std::string_view text, std::size_t at, std::size_t length) {
    for (std::string_view before : {"this is ", "name is ", "name's ", "i'm ", "i am ", "it's "})
        if (text.substr(0, at).ends_with(before)) return true;
    std::string_view behind = text.substr(at + length);
    return behind.starts_with(" here") || behind.starts_with(" speaking");
}

bool has_capitals(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Where the first lines end; at the beginning when there are no others.
std::size_t end_of_lines(std::string_view text, int lines) {
    std::size_t end = 0;
    for (; lines > 0; --lines) {
        end = text.find('\n', end);
        if (end == std::string_view::npos || ++end == text.size()) return 0;
    }
    return end;
}

}  // namespace

Said read_said(std::string_view transcript, std::chrono::sys_days call_date, bool month_first) {
    return Reader(transcript, call_date, month_first).read();
}

Json said_to_json(const Said& said) {
    Json json = Json::object();
    Json::Array dates, times, guests;
    for (auto date : said.dates) dates.push_back(date_text(date));
    for (int time : said.times)
        times.push_back(two_digits(time / 60) + ":" + two_digits(time % 60));
    for (int count : said.guests) guests.push_back(count);
    if (!dates.empty()) json.set("dates", std::move(dates));
    if (!times.empty()) json.set("times", std::move(times));
    if (!said.parts.empty()) json.set("parts", Json::Array(said.parts.begin(), said.parts.end()));
    if (!guests.empty()) json.set("guests", std::move(guests));
    return json.members().empty() ? Json() : json;
}

int naming(std::string_view transcript, std::string_view name, int greeting_lines) {
    transcript = clip(transcript, kMostBytes);
    std::string text = lower(transcript), full = lower(trim(name));
    if (full.empty() || full.size() > kLongestName) return 0;
    std::size_t space = full.find(' ');
    if (space != std::string::npos && find_whole(text, full, 0) != std::string::npos) return 2;
    std::string first = full.substr(0, space);
    if (first.size() < 3 || first.back() == '.' || is_one_of(first, kNoNames)) return 0;
    std::size_t greeting = end_of_lines(text, greeting_lines);
    // Where names have capitals, "the bill" is none. Only as long as places in the two texts agree.
    bool tells_names = text.size() == transcript.size() && has_capitals(transcript);
    for (std::size_t at = 0; (at = find_whole(text, first, at)) != std::string::npos; ++at) {
        bool introduced = is_introduction(text, at, first.size());
        if (is_label(text, at) || (at < greeting && introduced)) continue;
        bool small = tells_names && transcript[at] >= 'a' && transcript[at] <= 'z';
        if (small && !introduced) continue;
        return space == std::string::npos ? 2 : 1;
    }
    return 0;
}

}  // namespace headway::core
