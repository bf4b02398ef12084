// A transcript that an app gives, and what the built-in provider finds in it.
#include "core/builtin/builtin_extractor.hpp"
#include "core/conversation/quote.hpp"
#include "core/matching/terms.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    core::Conversation conversation;
    std::string text = core::sanitize_utf8(fuzz::text_of(bytes, size)).text;
    conversation.turns = core::parse_turns(text);
    conversation.themes = {{"t1", "Reports", "Reports and exports to Excel"},
                           {"t2", "App", "Crashes"}};
    core::Json turns = core::turns_to_json(conversation.turns);
    fuzz::promise(core::turns_to_json(core::turns_from_json(turns)).dump() == turns.dump());
    core::Extraction found =
        core::read_extraction(core::builtin_extract(conversation), conversation, 0.8);
    fuzz::promise(found.quotes_verified == found.quotes_total);  // it only quotes what was said
    core::QuoteVerifier(conversation.turns).verify(text.substr(0, 200));
    core::Terms().of(text);
    return 0;
}
