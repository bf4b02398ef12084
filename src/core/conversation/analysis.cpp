#include "core/conversation/analysis.hpp"

#include <set>

#include "core/base/claims.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/conversation/quote.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kMostObjections = 30;
constexpr std::size_t kMostWays = 5;  // in which one objection was overcome

class Reader {
  public:
    explicit Reader(const Conversation& conversation)
        : conversation_(conversation), verifier_(conversation.turns) {}

    void read_category(const Json& answer) {
        out.category =
            claimed_word(answer["category"],
                         {"consult_scheduled", "consult_not_scheduled", "other_question"}, "");
        if (out.category.empty())
            throw Failure(ErrorKind::protocol, "the model's answer has no known category");
        out.confidence = claimed_number(answer["category_confidence"], 0);
    }

    void read_objections(const Json& list) {
        if (!list.is_null() && !list.is_array()) problem("the objections are no list");
        for (const Json& claimed : list.items()) {
            if (out.objections.size() == kMostObjections) return problem("too many objections");
            read_objection(claimed);
        }
    }

    Analysis out;

  private:
    void read_objection(const Json& claimed) {
        Json objection = Json::object();
        objection.set("type",
                      claimed_word(claimed["type"],
                                   {"safety-risk", "cost-value", "timing", "social-concerns",
                                    "provider-trust", "results-skepticism"},
                                   "other"));
        std::string summary = claimed_text(claimed["summary"], kLongestText);
        if (summary.empty()) return problem("an objection without a summary");
        objection.set("summary", summary);
        Quote quote = verifier_.verify(claimed_text(claimed["quote"], kLongestText));
        if (conversation_.is_insider(quote.speaker)) return problem("a colleague's objection");
        if (!said_once_.insert(fold(quote.text).text).second)
            return problem("one quote for two objections");
        add_quote(objection, quote, claimed);
        objection.set("overcome", ways(claimed["overcome"]));
        out.objections.push_back(std::move(objection));
    }

    Json ways(const Json& list) {
        Json::Array read;
        if (list.items().empty()) return read;
        if (out.category != "consult_scheduled") {
            problem("an objection was overcome in a call that scheduled nothing");
            return read;
        }
        for (const Json& claimed : list.items()) {
            std::string how = claimed_text(claimed["how"], kLongestText);
            if (how.empty() || read.size() == kMostWays) {
                problem("a way too many, or one that is not told, of overcoming an objection");
                continue;
            }
            Json way = Json::Object{{"how", how}};
            add_quote(way, verifier_.verify(claimed_text(claimed["quote"], kLongestText)), claimed);
            read.push_back(std::move(way));
        }
        return read;
    }

    void add_quote(Json& to, const Quote& quote, const Json& claimed) {
        to.set("quote", quote.text);
        to.set("quote_status", name(quote.status));
        if (quote.start_s) to.set("quote_start_s", *quote.start_s);
        to.set("confidence", claimed_number(claimed["confidence"], 0));
        ++out.quotes_total;
        if (quote.status != QuoteStatus::unverified) ++out.quotes_verified;
    }

    void problem(const char* what) { out.problems.push_back(what); }

    const Conversation& conversation_;
    QuoteVerifier verifier_;
    std::set<std::string> said_once_;
};

}  // namespace

Json Analysis::to_json() const {
    Json json = Json::Object{{"category", category}, {"category_confidence", confidence}};
    json.set("objections", objections);
    return json;
}

Analysis read_analysis(std::string_view answer, const Conversation& conversation) {
    Json json = parse_answer(answer);
    Reader reader(conversation);
    reader.read_category(json);
    reader.read_objections(json["objections"]);
    return std::move(reader.out);
}

}  // namespace headway::core
