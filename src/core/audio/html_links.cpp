#include <gumbo.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>

#include "core/audio/link_collector.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::size_t kMostDepth = 1'000;
constexpr std::size_t kMostTags = 300'000;

// All that the parser allocates, given back at once: its own way goes down the tree by recursion,
// as deep as a page likes.
class Arena {
  public:
    static void* allocate(void* self, std::size_t size) {
        auto& chunks = static_cast<Arena*>(self)->chunks_;
        chunks.push_back(std::make_unique<char[]>(size));
        return chunks.back().get();
    }
    static void release(void*, void*) {}

  private:
    std::deque<std::unique_ptr<char[]>> chunks_;
};

// Elements whose end another tag implies, or that have none: a page may open any number of them.
bool ends_by_itself(std::string_view tag) {
    static constexpr std::string_view kTags[] = {
        "area",  "base",  "br",   "col",   "dd",     "dt",    "embed", "hr",     "img",
        "input", "li",    "link", "meta",  "option", "p",     "param", "source", "tbody",
        "td",    "tfoot", "th",   "thead", "tr",     "track", "wbr"};
    std::string name = lower(tag);
    return std::find(std::begin(kTags), std::end(kTags), name) != std::end(kTags);
}

// The parser's memory grows with the elements of a page, its time with how deep they may lie within
// each other.
void check_size(std::string_view body) {
    static constexpr std::string_view kLetters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::size_t depth = 0, deepest = 0, tags = 0;
    for (auto at = body.find('<'); at != std::string_view::npos; at = body.find('<', at + 1)) {
        std::string_view rest = body.substr(at + 1);
        bool is_end = rest.starts_with('/');
        std::string_view tag = rest.substr(is_end);
        tag = tag.substr(0, std::min(tag.find_first_not_of(kLetters), std::size_t{16}));
        tags += !tag.empty();
        if (tag.empty() || ends_by_itself(tag)) continue;
        if (!is_end) deepest = std::max(deepest, ++depth);
        else if (depth > 0) --depth;
    }
    if (deepest > kMostDepth || tags > kMostTags)
        throw Failure(ErrorKind::too_large, deepest > kMostDepth
                                                ? "the page's elements are nested too deeply"
                                                : "the page has too many elements");
}

std::string_view attribute(const GumboElement& element, const char* name) {
    const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
    return found ? std::string_view(found->value) : std::string_view();
}

// The words of a link, without what stands around them: "Next >" is "next".
std::string label_of(const GumboElement& element) {
    std::string label;
    for (unsigned i = 0; i < element.children.length; ++i) {
        auto* child = static_cast<const GumboNode*>(element.children.data[i]);
        if (child->type == GUMBO_NODE_TEXT) label += child->v.text.text;
    }
    return std::string(trim(fold(clip(label, 100)).text));
}

bool says_next(const GumboElement& element) {
    std::string rel = fold(attribute(element, "rel")).text;
    for (std::string_view word : split(rel, ' '))
        if (word == "next") return true;
    std::string label = element.tag == GUMBO_TAG_A ? label_of(element) : "";
    return label == "next" || label == "next page";
}

void read_element(const GumboElement& element, LinkCollector& links) {
    switch (element.tag) {
        case GUMBO_TAG_A:
        case GUMBO_TAG_LINK: {
            std::string_view target = attribute(element, "href");
            bool is_next = !target.empty() && says_next(element);
            if (is_next) links.add(LinkKind::next, target);
            else if (element.tag == GUMBO_TAG_A) links.add(target);
            return;
        }
        case GUMBO_TAG_AUDIO:
            if (!attribute(element, "src").empty())
                links.add(LinkKind::audio, attribute(element, "src"));
            return;
        case GUMBO_TAG_SOURCE: {
            bool is_audio = lower(attribute(element, "type")).starts_with("audio/");
            if (is_audio) links.add(LinkKind::audio, attribute(element, "src"));
            else links.add(attribute(element, "src"));
            return;
        }
        default: return;
    }
}

// Each element before those within it, in the order of the page.
template <class Visit>
void for_each_element(const GumboNode* root, Visit visit) {
    std::vector<const GumboNode*> open = {root};
    while (!open.empty()) {
        const GumboNode* node = open.back();
        open.pop_back();
        if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) continue;
        visit(node->v.element);
        const GumboVector& children = node->v.element.children;
        for (unsigned i = children.length; i > 0; --i)
            open.push_back(static_cast<const GumboNode*>(children.data[i - 1]));
    }
}

}  // namespace

void read_html_links(std::string_view body, LinkCollector& links) {
    check_size(body);
    Arena arena;
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = &Arena::allocate;
    options.deallocator = &Arena::release;
    options.userdata = &arena;
    options.max_errors = 0;
    const GumboOutput* page = gumbo_parse_with_options(&options, body.data(), body.size());
    bool has_base = false;
    for_each_element(page->root, [&](const GumboElement& element) {
        std::string_view base = attribute(element, "href");
        if (has_base || element.tag != GUMBO_TAG_BASE || base.empty()) return;
        links.set_base(base);
        has_base = true;
    });
    for_each_element(page->root, [&](const GumboElement& e) { read_element(e, links); });
}

}  // namespace headway::core
