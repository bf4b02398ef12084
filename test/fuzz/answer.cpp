// A model's answers: extractions, judgements, and the envelopes that vendors send them and vectors
// in.
#include "core/conversation/extraction.hpp"
#include "core/matching/judgement.hpp"
#include "core/models/model_vendors.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace headway;
    std::string_view text = fuzz::text_of(bytes, size);
    core::Conversation conversation;
    conversation.turns = {{"Bob", 1.0, {}, "I wish it could export the reports."}};
    conversation.themes = {{"t1", "Reports", ""}};
    fuzz::may_refuse([&] {
        core::Extraction found = core::read_extraction(text, conversation, 0.8);
        fuzz::promise(found.items.size() <= 150);
        for (const core::Json& item : found.items)
            fuzz::promise(item["theme_id"].as_string() == "t1");
    });
    core::MatchQuestion question{"bug_report", {}, {{"f1", "A", ""}}, "english"};
    fuzz::may_refuse([&] {
        core::Judgement said = core::read_judgement(text, question);
        fuzz::promise(said.matching_feature_id.empty() || said.matching_feature_id == "f1");
        fuzz::promise(said.confidence >= 0 && said.confidence <= 1);
    });
    for (int status : {200, 400, 429, 500}) {
        core::Answer answer{
            status, {{"retry-after-ms", std::string(text.substr(0, 30))}}, std::string(text)};
        for (const core::ModelVendor& vendor : core::model_vendors())
            fuzz::may_refuse([&] {
                core::Completion got = vendor.read(answer, {});
                fuzz::promise(status == 200 || got.failure);
            });
        for (const core::EmbeddingVendor& vendor : core::embedding_vendors())
            fuzz::may_refuse([&] {
                core::Embeddings got = vendor.read(answer, 2, {});
                fuzz::promise(status == 200 ? got.vectors.size() == 2 : got.failure.has_value());
            });
    }
    return 0;
}
