#include "core/base/timestamp.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace headway::core {
namespace {

using namespace std::chrono;

// Takes fixed pieces off the front of a text; after the first miss everything is a miss.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        std::string_view piece = rest_.substr(0, digits);
        auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
        good_ = good_ && piece.size() == digits && error == std::errc{} &&
                end == piece.data() + digits && piece[0] != '-';
        rest_.remove_prefix(piece.size());
        return value;
    }
    bool accept(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view any_of) { good_ = accept(any_of) && good_; }
    std::string_view word(std::size_t size) {
        std::string_view piece = rest_.substr(0, size);
        rest_.remove_prefix(piece.size());
        return piece;
    }
    char front() const { return rest_.empty() ? '\0' : rest_[0]; }
    bool complete() const { return good_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool good_ = true;
};

microseconds scan_fraction(Scanner& scanner) {
    int value = 0, digits = 0;
    for (; scanner.front() >= '0' && scanner.front() <= '9'; ++digits) {
        int digit = scanner.number(1);
        if (digits < 6) value = value * 10 + digit;
    }
    if (digits == 0) scanner.number(1);  // a point without digits is a miss
    for (; digits < 6; ++digits) value *= 10;
    return microseconds(value);
}

std::optional<seconds> scan_offset(Scanner& scanner) {
    if (scanner.accept("Zz")) return 0s;
    char sign = scanner.front();
    if (!scanner.accept("+-")) return std::nullopt;
    int hour = scanner.number(2);
    int minute = scanner.accept(":") || scanner.front() != '\0' ? scanner.number(2) : 0;
    if (hour > 15 || minute > 59) return std::nullopt;  // as PostgreSQL bounds them
    seconds offset = hours(hour) + minutes(minute);
    return sign == '-' ? -offset : offset;
}

std::optional<Timestamp> moment(int y, int m, int d, int h, int min, int s, microseconds fraction) {
    year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (!date.ok() || h > 23 || min > 59 || s > 60) return std::nullopt;
    return Timestamp(sys_days(date)) + hours(h) + minutes(min) + seconds(s) + fraction;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
    Scanner scanner(text);
    int y = scanner.number(4);
    scanner.expect("-");
    int m = scanner.number(2);
    scanner.expect("-");
    int d = scanner.number(2);
    scanner.expect("Tt ");
    int h = scanner.number(2);
    scanner.expect(":");
    int min = scanner.number(2);
    int s = scanner.accept(":") ? scanner.number(2) : 0;
    microseconds fraction = scanner.accept(".,") ? scan_fraction(scanner) : microseconds(0);
    auto offset = scan_offset(scanner);
    auto local = moment(y, m, d, h, min, s, fraction);
    if (!scanner.complete() || !offset || !local) return std::nullopt;
    return *local - *offset;
}

std::string format_timestamp(Timestamp at) {
    auto date = floor<days>(at);
    year_month_day ymd(date);
    hh_mm_ss time(at - date);
    std::array<char, 64> text;
    int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
        static_cast<unsigned>(ymd.day()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(size));
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
    static constexpr std::array<std::string_view, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    Scanner scanner(text);
    scanner.word(3);
    scanner.expect(",");
    scanner.expect(" ");
    int d = scanner.number(2);
    scanner.expect(" ");
    std::string_view month_name = scanner.word(3);
    scanner.expect(" ");
    int y = scanner.number(4);
    scanner.expect(" ");
    int h = scanner.number(2);
    scanner.expect(":");
    int min = scanner.number(2);
    scanner.expect(":");
    int s = scanner.number(2);
    bool gmt = scanner.word(4) == " GMT";
    int m = 0;
    while (m < 12 && kMonths[static_cast<std::size_t>(m)] != month_name) ++m;
    auto at = moment(y, m + 1, d, h, min, s, microseconds(0));
    return scanner.complete() && gmt && m < 12 ? at : std::nullopt;
}

}  // namespace headway::core
