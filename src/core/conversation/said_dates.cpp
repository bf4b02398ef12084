#include "core/conversation/said_dates.hpp"

#include <array>
#include <optional>

namespace headway::core {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

std::optional<unsigned> month_of(std::string_view word) {
    for (unsigned i = 0; i < kMonths.size(); ++i)
        if (word == kMonths[i] || (word.size() == 3 && word == kMonths[i].substr(0, 3)))
            return i + 1;
    if (word == "sept") return 9;
    return std::nullopt;
}

std::optional<unsigned> weekday_of(std::string_view word) {
    for (unsigned i = 0; i < kWeekdays.size(); ++i)
        if (word == kWeekdays[i]) return i;
    return std::nullopt;
}

// Reads along the words from a place on.
class DateReader {
  public:
    DateReader(const std::vector<SpokenWord>& words, std::size_t at, sys_days call,
               bool month_first)
        : words_(words), at_(at), call_(call), month_first_(month_first) {}

    std::vector<sys_days> read() {
        for (auto rule : {&DateReader::iso, &DateReader::month_and_day, &DateReader::day_and_month,
                          &DateReader::slashes, &DateReader::relative, &DateReader::day_of_month,
                          &DateReader::weekday_alone}) {
            std::size_t before = at_;
            std::vector<sys_days> dates = (this->*rule)();
            if (!dates.empty()) return dates;
            at_ = before;
        }
        return {};
    }
    std::size_t at() const { return at_; }

  private:
    const SpokenWord& word(std::size_t ahead) const {
        return at_ + ahead < words_.size() ? words_[at_ + ahead] : none_;
    }
    const SpokenWord& behind(std::size_t back) const {
        return at_ >= back ? words_[at_ - back] : none_;
    }
    static bool is_day(const SpokenWord& word) {
        return word.number && *word.number >= 1 && *word.number <= 31 && word.text != "am" &&
               word.text != "pm" && word.joint != ':';
    }
    // "One second, may I ...", "that may one day ..." name no date.
    static bool is_verb(std::string_view month) { return month == "may" || month == "march"; }
    static std::optional<int> year_in(const SpokenWord& word) {
        if (word.number && word.digits && *word.number >= 1900 && *word.number < 2200)
            return word.number;
        return std::nullopt;
    }

    std::vector<sys_days> one(std::optional<int> given_year, unsigned m, unsigned d) const {
        int this_year = static_cast<int>(year_month_day(call_).year());
        for (int y : {this_year, this_year + 1, this_year - 1}) {
            year_month_day date = year(given_year.value_or(y)) / month(m) / day(d);
            if (date.ok() && (given_year || (sys_days(date) >= call_ - days(90) &&
                                             sys_days(date) <= call_ + days(275))))
                return {sys_days(date)};
        }
        return {};
    }

    // 2026-11-15
    std::vector<sys_days> iso() {
        if (!year_in(word(0)) || word(0).joint != '-' || !is_day(word(1)) || word(1).joint != '-' ||
            !is_day(word(2)) || *word(1).number > 12)
            return {};
        auto dates = one(*word(0).number, *word(1).number, *word(2).number);
        at_ += 3;
        return dates;
    }

    // November 15, Nov the 15th, November fifteenth 2026
    std::vector<sys_days> month_and_day() {
        auto m = month_of(word(0).text);
        if (!m || word(0).number) return {};
        std::size_t next = word(1).text == "the" ? 2 : 1;
        if (!is_day(word(next))) return {};
        if (is_verb(word(0).text) && !word(next).digits && !word(next).ordinal) return {};
        auto given = year_in(word(next + 1));
        auto dates = one(given, *m, *word(next).number);
        at_ += next + (given ? 2 : 1);
        return dates;
    }

    // 15 November, the fifteenth of November 2026
    std::vector<sys_days> day_and_month() {
        if (!is_day(word(0))) return {};
        std::size_t next = word(1).text == "of" ? 2 : 1;
        auto m = month_of(word(next).text);
        if (!m || word(next).number) return {};
        if (is_verb(word(next).text) && next == 1 && !word(0).digits) return {};
        auto given = year_in(word(next + 1));
        auto dates = one(given, *m, *word(0).number);
        at_ += next + (given ? 2 : 1);
        return dates;
    }

    // 11/15/2026, 15.11.2026, and without a year behind a word that a date follows ("7/10" may
    // be a mark).
    std::vector<sys_days> slashes() {
        char joint = word(0).joint;
        if ((joint != '/' && joint != '.') || !is_day(word(0)) || !is_day(word(1))) return {};
        auto given = word(1).joint == joint ? year_in(word(2)) : std::nullopt;
        if (!given && (joint == '.' || !is_cue(behind(1).text))) return {};
        int first = *word(0).number, second = *word(1).number;
        bool american = joint == '/' && (second > 12 || (first <= 12 && month_first_));
        int m = american ? first : second, d = american ? second : first;
        if (m > 12) return {};
        at_ += given ? 3 : 2;
        return one(given, m, d);
    }

    static bool is_cue(std::string_view word) {
        return word == "on" || word == "for" || word == "by" || word == "until" || word == "from" ||
               word == "the" || word == "of" || weekday_of(word);
    }

    std::vector<sys_days> relative() {
        std::string_view first = word(0).text;
        if (first == "day" && word(1).text == "after" && word(2).text == "tomorrow") {
            at_ += 3;
            return {call_ + days(2)};
        }
        if (first == "last" && word(1).text == "night") {
            at_ += 2;
            return {call_ - days(1)};
        }
        if (auto ahead = time_ahead()) return {call_ + *ahead};
        if (first == "this" && (word(1).text == "morning" || word(1).text == "afternoon" ||
                                word(1).text == "evening")) {
            ++at_;  // the part of the day is heard by itself
            return {call_};
        }
        int offset = first == "tomorrow" ? 1 : first == "yesterday" ? -1 : 0;
        if (offset == 0 && first != "today" && first != "tonight") return {};
        ++at_;
        return {call_ + days(offset)};
    }

    // "in three days", "in a week", "a week from today"
    std::optional<days> time_ahead() {
        std::size_t count = word(0).text == "in" ? 1 : 0;
        int many = word(count).number.value_or(word(count).text == "a" ? 1 : 0);
        std::string_view unit = word(count + 1).text;
        bool weeks = unit == "week" || unit == "weeks";
        if (many < 1 || many > 60 || word(count).ordinal || (!weeks && unit != "days")) return {};
        bool from_today = word(count + 2).text == "from" &&
                          (word(count + 3).text == "today" || word(count + 3).text == "now");
        if (count == 0 && !from_today) return {};
        at_ += count + (from_today ? 4 : 2);
        return days(weeks ? 7 * many : many);
    }

    // Whether no noun follows: "on the third and", "on the first."
    bool ends_here() const {
        std::string_view next = word(1).text;
        return word(0).joint == kStop || next.empty() || next == "and" || next == "at" ||
               next == "in" || next == "for" || next == "please" || next == "with" || next == "but";
    }

    // "on the 15th", "for Friday the 15th": the next one
    std::vector<sys_days> day_of_month() {
        if (!word(0).ordinal || !is_day(word(0)) || behind(1).text != "the" ||
            !(behind(2).text == "on" || behind(2).text == "for" || weekday_of(behind(2).text)) ||
            word(1).text == "time" || word(1).text == "floor" || word(1).text == "of" ||
            (!word(0).digits && *word(0).number <= 3 && !ends_here()))  // "on the second try"
            return {};
        year_month_day today(call_);
        for (int ahead = 0; ahead < 3; ++ahead) {
            year_month month_then = year_month(today.year(), today.month()) + months(ahead);
            year_month_day date = month_then / day(*word(0).number);
            if (date.ok() && sys_days(date) >= call_) {
                ++at_;
                return {sys_days(date)};
            }
        }
        return {};
    }

    // The coming one. Who says "next Friday" may mean the one after it, and who says "Friday" on a
    // Friday today or in a week: then both.
    std::vector<sys_days> weekday_alone() {
        auto named = weekday_of(word(0).text);
        if (!named || month_of(word(1).text) || (word(1).text == "the" && word(2).ordinal) ||
            is_day(word(1)))  // the date itself follows
            return {};
        sys_days coming = call_ + (weekday(*named) - weekday(call_));
        std::string_view said = behind(1).text;
        ++at_;
        if (said == "last") return {coming == call_ ? call_ - days(7) : coming - days(7)};
        if (said == "next" && coming == call_) return {call_ + days(7)};
        if (said == "next" || coming == call_) return {coming, coming + days(7)};
        return {coming};
    }

    const std::vector<SpokenWord>& words_;
    const SpokenWord none_ = {};  // beyond both ends
    std::size_t at_;
    sys_days call_;
    bool month_first_;
};

}  // namespace

std::vector<sys_days> dates_at(const std::vector<SpokenWord>& words, std::size_t& at,
                               sys_days call_date, bool month_first) {
    DateReader reader(words, at, call_date, month_first);
    std::vector<sys_days> dates = reader.read();
    if (!dates.empty()) at = reader.at();
    return dates;
}

}  // namespace headway::core
