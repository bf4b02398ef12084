// A transcript or a session's trail that an app gives, and what the built-in provider finds in it.
#include "core/builtin/builtin_extractor.hpp"
#include "core/conversation/quote.hpp"
#include "core/conversation/trail.hpp"
#include "core/matching/terms.hpp"
#include "fuzz.hpp"

namespace {

using namespace headway;

void check_quotes(const core::Conversation& conversation) {
    core::Extraction found =
        core::read_extraction(core::builtin_extract(conversation), conversation, 0.8);
    fuzz::promise(found.quotes_verified == found.quotes_total);  // it only quotes what was said
}

// A title is a line as well, and its own title.
void name_trouble(std::string_view line) {
    auto event = core::read_trail_line(line);
    if (!event) return;
    auto again = core::read_trail_line(event->title());
    fuzz::promise(again && again->title() == event->title());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    core::Conversation conversation;
    std::string text = core::sanitize_utf8(fuzz::text_of(bytes, size)).text;
    conversation.turns = core::parse_turns(text);
    conversation.themes = {{"t1", "Reports", "Reports and exports to Excel"},
                           {"t2", "App", "Crashes"}};
    core::Json turns = core::turns_to_json(conversation.turns);
    fuzz::promise(core::turns_to_json(core::turns_from_json(turns)).dump() == turns.dump());
    check_quotes(conversation);
    core::QuoteVerifier(conversation.turns).verify(text.substr(0, 200));
    core::Terms().of(text);

    conversation.medium = "events";
    conversation.turns.clear();
    for (std::string_view line : core::split(text, '\n')) {
        name_trouble(line);
        conversation.turns.push_back({{}, {}, {}, std::string(line)});
    }
    check_quotes(conversation);
    return 0;
}
