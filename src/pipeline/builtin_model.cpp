#include "pipeline/builtin_model.hpp"

#include "core/builtin/builtin_analyser.hpp"
#include "core/builtin/builtin_extractor.hpp"
#include "core/builtin/builtin_judge.hpp"

namespace headway::pipeline {

async::Task<core::Result<ModelReply>> BuiltinModel::ask(const ModelRequest& request) {
    ModelReply reply;
    reply.request_model = reply.model = "builtin-1";
    reply.finish_reason = "stop";
    reply.cost_usd = 0;
    if (request.purpose == "extract") {
        reply.text = core::builtin_extract(core::Conversation::from_json(request.input));
    } else if (request.purpose == "match") {
        reply.text = core::builtin_judge(core::MatchQuestion::from_json(request.input));
    } else if (request.purpose == "analyse") {
        reply.text = core::builtin_analyse(core::Conversation::from_json(request.input));
    } else {
        co_return core::Error{core::ErrorKind::invalid,
                              "the built-in provider cannot " + request.purpose};
    }
    co_return reply;
}

}  // namespace headway::pipeline
