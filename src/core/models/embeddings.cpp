#include "core/models/embeddings.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/text.hpp"
#include "core/models/gemini.hpp"
#include "core/models/model_exchange.hpp"
#include "core/models/openai.hpp"

namespace headway::core {
namespace {

[[noreturn]] void no_vectors() {
    throw Failure(ErrorKind::protocol, "the model's vendor sent no vectors for the texts");
}

std::vector<float> unit_vector(const Json& values) {
    std::vector<double> read;
    double square = 0;
    for (const Json& value : values.items()) {
        if (!value.is_number()) no_vectors();
        read.push_back(value.as_number());
        square += read.back() * read.back();
    }
    if (!(square > 0) || !std::isfinite(square)) no_vectors();
    std::vector<float> vector;
    for (double value : read) vector.push_back(static_cast<float>(value / std::sqrt(square)));
    return vector;
}

void check_sizes(const std::vector<std::vector<float>>& vectors) {
    for (const auto& vector : vectors)
        if (vector.empty() || vector.size() != vectors[0].size()) no_vectors();
}

}  // namespace

const SettingRules& openai_embedding_rules() {
    static const SettingRules kRules{openai_rules().base_url, {"dimensions"}};
    return kRules;
}

const SettingRules& gemini_embedding_rules() {
    static const SettingRules kRules{gemini_rules().base_url, {"dimensions"}};
    return kRules;
}

Outgoing openai_embedding_request(const ModelSettings& settings, const std::string& api_key,
                                  const std::vector<std::string>& texts) {
    Json body = Json::Object{{"model", settings.model}, {"encoding_format", "float"}};
    body.set("input", Json::Array(texts.begin(), texts.end()));
    if (settings.dimensions) body.set("dimensions", *settings.dimensions);
    Outgoing out = json_request(settings.base_url + "/embeddings", body);
    if (!api_key.empty()) out.headers.emplace_back("Authorization", "Bearer " + api_key);
    return out;
}

Outgoing gemini_embedding_request(const ModelSettings& settings, const std::string& api_key,
                                  const std::vector<std::string>& texts) {
    Json::Array requests;
    for (const std::string& text : texts) {
        Json request = Json::Object{{"model", "models/" + settings.model}};
        request.set("content", Json::Object{{"parts", Json::Array{Json::Object{{"text", text}}}}});
        if (settings.dimensions) request.set("outputDimensionality", *settings.dimensions);
        requests.push_back(std::move(request));
    }
    Json body = Json::object();
    body.set("requests", std::move(requests));
    Outgoing out = json_request(gemini_url(settings, "batchEmbedContents"), body);
    if (!api_key.empty()) out.headers.emplace_back("x-goog-api-key", api_key);
    return out;
}

// Each has its index: the order is not promised.
Embeddings read_openai_embeddings(const Answer& answer, std::size_t count, Timestamp now) {
    Embeddings got{.request_id = header_of(answer, "x-request-id")};
    if (answer.status != 200) {
        got.failure = read_openai_error(answer, now);
        return got;
    }
    const Json body = parse_foreign_json(answer.body).value;
    got.vectors.resize(count);
    for (const Json& entry : body["data"].items()) {
        auto index = count_at(entry, "/index");
        if (!index || *index < 0 || static_cast<std::size_t>(*index) >= count) no_vectors();
        got.vectors[static_cast<std::size_t>(*index)] = unit_vector(entry["embedding"]);
    }
    check_sizes(got.vectors);
    got.model = text_at(body, "/model");
    got.tokens = count_at(body, "/usage/prompt_tokens");
    return got;
}

Embeddings read_gemini_embeddings(const Answer& answer, std::size_t count, Timestamp) {
    Embeddings got;
    if (answer.status != 200) {
        got.failure = read_gemini_error(answer);
        return got;
    }
    const Json body = parse_foreign_json(answer.body).value;
    for (const Json& entry : body["embeddings"].items())
        got.vectors.push_back(unit_vector(entry["values"]));
    if (got.vectors.size() != count) no_vectors();
    check_sizes(got.vectors);
    got.tokens = count_at(body, "/usageMetadata/promptTokenCount");
    return got;
}

std::vector<std::string> embeddable(std::vector<std::string> texts, std::size_t most) {
    for (std::string& text : texts) {
        text = std::string(clip(text, most));
        if (text.find_first_not_of(" \t\r\n") == std::string::npos) text = "-";
    }
    return texts;
}

std::size_t batch_size(const std::vector<std::string>& texts, std::size_t first,
                       const EmbeddingLimits& limits) {
    std::size_t count = 0, bytes = 0;
    for (std::size_t i = first; i < texts.size() && count < limits.texts; ++i, ++count) {
        bytes += texts[i].size();
        if (bytes > limits.bytes) break;
    }
    return std::max<std::size_t>(count, 1);
}

}  // namespace headway::core
