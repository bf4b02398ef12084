#include "pipeline/builtin_model.hpp"

#include "core/builtin/builtin_analyser.hpp"
#include "core/builtin/builtin_extractor.hpp"
#include "core/builtin/builtin_judge.hpp"
#include "core/matching/joint_judgement.hpp"

namespace headway::pipeline {
namespace {

using core::Json;

// Of one item, or of several at once as core::joint_question() puts them.
std::string judged(const Json& input) {
    if (!input.find("items")) return core::builtin_judge(core::MatchQuestion::from_json(input));
    Json::Array judgements;
    for (const core::MatchQuestion& question : core::single_questions(input)) {
        judgements.push_back(Json::parse(core::builtin_judge(question)));
        judgements.back().set("number", judgements.size());
    }
    return Json(Json::Object{{"judgements", std::move(judgements)}}).dump();
}

}  // namespace

async::Task<core::Result<ModelReply>> BuiltinModel::ask(const ModelRequest& request) {
    ModelReply reply;
    reply.request_model = reply.model = "builtin-1";
    reply.finish_reason = "stop";
    reply.cost_usd = 0;
    if (request.purpose == "extract") {
        reply.text = core::builtin_extract(core::Conversation::from_json(request.input));
    } else if (request.purpose == "match") {
        reply.text = judged(request.input);
    } else if (request.purpose == "analyse") {
        reply.text = core::builtin_analyse(core::Conversation::from_json(request.input));
    } else {
        co_return core::Error{core::ErrorKind::invalid,
                              "the built-in provider cannot " + request.purpose};
    }
    co_return reply;
}

}  // namespace headway::pipeline
