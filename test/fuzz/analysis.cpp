// A model's answer about how a call ended and what was objected.
#include <set>

#include "core/base/text.hpp"
#include "core/conversation/analysis.hpp"
#include "fuzz.hpp"

namespace {

using namespace headway;

void check_claim(const core::Json& claim, const char* words) {
    static const std::set<std::string> kStatuses = {"verified", "repaired", "unverified"};
    fuzz::promise(!claim[words].as_string().empty());
    fuzz::promise(kStatuses.contains(claim["quote_status"].as_string()));
    double confidence = claim["confidence"].as_number();
    fuzz::promise(confidence >= 0 && confidence <= 1);
    bool has_time = claim.find("quote_start_s") != nullptr;
    fuzz::promise(!has_time || claim["quote_status"].as_string() != "unverified");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    core::Conversation conversation;
    conversation.insiders = {"Priya"};
    conversation.turns = {{"Priya", 1.0, {}, "Shall we book a time?"},
                          {"Ann", 4.5, {}, "That is a lot of money, and I am afraid."},
                          {"Priya", 9.0, {}, "You can pay monthly."}};
    fuzz::may_refuse([&] {
        core::Analysis found = core::read_analysis(fuzz::text_of(bytes, size), conversation);
        fuzz::promise(found.category.starts_with("consult_") || found.category == "other_question");
        fuzz::promise(found.confidence >= 0 && found.confidence <= 1);
        fuzz::promise(found.quotes_verified <= found.quotes_total);
        fuzz::promise(found.objections.size() <= 30);
        for (const core::Json& objection : found.objections) {
            check_claim(objection, "summary");
            fuzz::promise(objection["overcome"].items().size() <= 5);
            fuzz::promise(found.category == "consult_scheduled" ||
                          objection["overcome"].items().empty());
            for (const core::Json& way : objection["overcome"].items()) check_claim(way, "how");
        }
        std::string text = found.to_json().dump();
        fuzz::promise(core::sanitize_utf8(text).text == text);
    });
    return 0;
}
