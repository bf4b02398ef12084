#include "core/audio/audio_format.hpp"
#include "core/audio/page_links.hpp"
#include "core/connectors/link.hpp"
#include "core/work/retry.hpp"
#include "pipeline/flows.hpp"
#include "pipeline/settle.hpp"
#include "pipeline/web_visit.hpp"

namespace headway::pipeline {
namespace {

using core::ErrorKind;
using core::Failure;
using core::Json;
using core::LinkKind;

// Keeps a page; of audio only its beginning, since that is another task's to fetch, and of a page
// that nobody reads as much as tells that it is no audio.
class PageSink : public net::BodySink {
  public:
    explicit PageSink(bool is_read) : most_(is_read ? core::kMostPageBytes : core::kSniffedBytes) {}

    bool begin(const net::HttpResponse& head) override {
        body_.clear();
        is_success_ = head.status / 100 == 2;
        type_ = head.header("content-type");
        is_audio_ = is_success_ && core::format_of_type(type_).has_value();
        return is_success_ && !is_audio_;
    }
    bool take(std::string_view bytes) override {
        bool knew = body_.size() >= core::kSniffedBytes;
        body_.append(bytes.substr(0, most_ + 1 - body_.size()));
        if (!knew)
            is_audio_ = core::sniff(std::string_view(body_).substr(0, core::kSniffedBytes))
                            .audio.has_value();
        return !is_audio_ && body_.size() <= most_;
    }
    bool is_audio() const { return is_audio_; }
    bool is_too_large() const { return body_.size() > most_; }
    const std::string& body() const { return body_; }
    const std::string& type() const { return type_; }

  private:
    const std::size_t most_;
    std::string body_;
    std::string type_;
    bool is_success_ = false;
    bool is_audio_ = false;
};

// What to do about what a page leads to.
class Findings {
  public:
    Findings(const Json& payload, const Json& input)
        : depth_(payload.integer_or("depth", 0)),
          max_depth_(input.integer_or("max_depth", 1)),
          origin_(core::parse_web_link(input["source_url"].as_string()).origin()),
          any_origin_(input.bool_or("any_origin", false)) {}

    void add_file(const core::WebLink& link) {
        if (!is_ours(link)) return;
        std::string name = core::file_name_of(link);
        files_.push_back(
            Json::Object{{"url", link.str()}, {"name", name.empty() ? link.base.host : name}});
    }
    void add(const core::PageLink& found) {
        switch (found.kind) {
            case LinkKind::audio: return add_file(found.link);
            case LinkKind::next: return add_page(found.link, depth_, true);
            case LinkKind::maybe:
                if (depth_ < max_depth_) add_page(found.link, depth_ + 1, false);
                return;
            case LinkKind::page:
                if (depth_ + 1 < max_depth_) add_page(found.link, depth_ + 1, false);
        }
    }
    void add_all(const core::PageLinks& page) {
        for (const core::PageLink& link : page.links) add(link);
        unreadable_ = page.unreadable;
        note_ = page.note;
    }
    Json answer() && {
        Json made = Json::Object{{"files", std::move(files_)},
                                 {"pages", std::move(pages_)},
                                 {"elsewhere", elsewhere_},
                                 {"unreadable", unreadable_}};
        if (!note_.empty()) made.set("note", note_);
        return made;
    }

  private:
    bool is_ours(const core::WebLink& link) {
        bool ours = any_origin_ || link.origin() == origin_;
        elsewhere_ += !ours;
        return ours;
    }
    void add_page(const core::WebLink& link, std::int64_t depth, bool is_rest) {
        // A page elsewhere is no loss: most of a web page's links lead to other pages.
        if (!any_origin_ && link.origin() != origin_) return;
        pages_.push_back(Json::Object{{"url", link.str()}, {"depth", depth}, {"is_rest", is_rest}});
    }

    const std::int64_t depth_;
    const std::int64_t max_depth_;
    const std::string origin_;
    const bool any_origin_;
    Json::Array files_;
    Json::Array pages_;
    std::size_t elsewhere_ = 0;
    std::size_t unreadable_ = 0;
    std::string note_;
};

// The rest of a listing that is named in a header.
void add_header_link(const net::HttpResponse& response, core::PageLinks& page,
                     const core::WebLink& at) {
    std::string target = core::next_link(response.header("link"));
    auto next = core::resolve_link(target, at);
    if (!target.empty() && next) page.links.push_back({LinkKind::next, *next});
}

// Reads the links of what was found at an address. What is only perhaps of interest, a link whose
// content type was to tell, may turn out to be anything.
void read_page(const Visited& visited, const PageSink& sink, bool is_guess, Findings& findings) {
    if (sink.is_too_large())
        throw Failure(ErrorKind::too_large, "the page is larger than any listing");
    core::PageLinks page;
    try {
        page = core::read_page_links(sink.body(), sink.type(), visited.link);
    } catch (const Failure&) {
        if (!is_guess) throw;
    }
    add_header_link(visited.response, page, visited.link);
    findings.add_all(page);
}

}  // namespace

// Looks at one page of an import's source.
async::Task<void> discover(Context& ctx, ClaimedTask task) {
    Settlement look = [&] { return ctx.store.input_discover(task); };
    Json input = co_await settle(ctx, look);
    if (input.is_null()) co_return;
    bool is_guess = !task.payload.bool_or("is_rest", true);
    bool is_last = task.payload.integer_or("depth", 0) >= input.integer_or("max_depth", 1);
    bool is_read = !is_guess || !is_last;
    Findings findings(task.payload, input);
    PageSink sink(is_read);
    WebVisit visit{core::parse_web_link(task.payload["url"].as_string()),
                   open_headers(ctx, task.workspace, input)};
    visit.sink = &sink;
    visit.total_timeout = ctx.settings.request_timeout;
    core::WebLink asked = visit.link;
    std::optional<core::Error> problem;
    try {
        async::Gate::Place place = co_await ctx.exchanges.enter();
        Visited visited = co_await visit_again(ctx, std::move(visit));
        if (sink.is_audio()) findings.add_file(asked);
        else if (is_read) read_page(visited, sink, is_guess, findings);
    } catch (const Failure& failure) {
        if (!is_guess || core::is_retryable(failure.error().kind)) throw;
        problem = failure.error();
    }
    Json answer = std::move(findings).answer();
    if (problem)
        answer.set("problem", Json::Object{{"kind", core::name(problem->kind)},
                                           {"message", problem->message}});
    Settlement settlement = [&] {
        ctx.store.settle_discover(task, answer);
        return Json();
    };
    co_await settle(ctx, settlement);
}

}  // namespace headway::pipeline
