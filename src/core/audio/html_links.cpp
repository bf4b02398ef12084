#include <gumbo.h>

#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "core/audio/link_collector.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"

namespace headway::core {
namespace {

constexpr std::uint64_t kMostWork = 300'000'000;  // a few seconds
constexpr std::uint64_t kFormatting = 1'000;
constexpr std::size_t kMostTags = 300'000;
constexpr std::size_t kMostMemory = 512 << 20;

// All that the parser allocates, given back at once: its own way goes down the tree by recursion,
// as deep as a page likes. When that is too much the parser, which is C and owns nothing else, is
// left where it stands.
class Arena {
  public:
    static void* allocate(void* self, std::size_t size) {
        auto& arena = *static_cast<Arena*>(self);
        arena.size_ += size;
        if (arena.size_ > kMostMemory) std::longjmp(arena.full_, 1);
        arena.chunks_.push_back(std::make_unique<char[]>(size));
        return arena.chunks_.back().get();
    }
    static void release(void*, void*) {}

    // Null when the page takes more than there is. Holds nothing that a jump would not give back.
    const GumboOutput* parse(std::string_view body) {
        if (setjmp(full_) != 0) return nullptr;
        GumboOptions options = kGumboDefaultOptions;
        options.allocator = &allocate;
        options.deallocator = &release;
        options.userdata = this;
        options.max_errors = 0;
        return gumbo_parse_with_options(&options, body.data(), body.size());
    }

  private:
    std::deque<std::unique_ptr<char[]>> chunks_;
    std::size_t size_ = 0;
    std::jmp_buf full_;
};

// Elements whose end another tag implies, or that have none: a page may open any number of them.
constexpr std::string_view kEndByThemselves[] = {
    "a",      "area",  "base", "br",    "col",  "dd",    "dt",     "embed", "hr",
    "img",    "input", "li",   "link",  "meta", "nobr",  "option", "p",     "param",
    "source", "tbody", "td",   "tfoot", "th",   "thead", "tr",     "track", "wbr"};
// Those that the parser makes anew in each paragraph for as long as they are open.
constexpr std::string_view kFormattings[] = {"b",     "big",    "code",   "em", "font", "i",
                                             "small", "strike", "strong", "tt", "u"};

// What a page costs the parser, without parsing it: at each tag it may go through all
// elements that are open. One that ends within its own tag, as drawings' do, counts as open:
// whether it is one depends on where it stands.
class Effort {
  public:
    void open(std::string_view tag) {
        ++tags_;
        if (is_one_of(kEndByThemselves, tag)) return add(0);
        ++open_[std::string(tag)];
        add(weight(tag));
    }
    void close(std::string_view tag) {
        ++tags_;
        auto found = open_.find(tag);
        if (found == open_.end()) return add(0);
        if (--found->second == 0) open_.erase(found);
        depth_ -= weight(tag);
        add(0);
    }
    bool is_too_much() const { return work_ > kMostWork || tags_ > kMostTags; }

  private:
    static std::uint64_t weight(std::string_view tag) {
        return is_one_of(kFormattings, tag) ? kFormatting : 1;
    }
    void add(std::uint64_t deeper) {
        depth_ += deeper;
        work_ += depth_;
    }

    std::map<std::string, std::size_t, std::less<>> open_;
    std::uint64_t depth_ = 0;
    std::uint64_t work_ = 0;
    std::size_t tags_ = 0;
};

void check_size(std::string_view body) {
    Effort effort;
    for (auto at = body.find('<'); at != std::string_view::npos; at = body.find('<', at + 1)) {
        std::string_view rest = body.substr(at + 1);
        if (rest.starts_with("!--")) at = std::min(body.find("-->", at + 2), body.size() - 1);
        bool is_end = rest.starts_with('/');
        std::string tag = lower(rest.substr(is_end, 16));
        tag.resize(
            std::min(tag.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), tag.size()));
        if (tag.empty()) continue;
        if (is_end) effort.close(tag);
        else effort.open(tag);
        if (effort.is_too_much())
            throw Failure(ErrorKind::too_large,
                          "the page has too many elements, or within each other too many");
    }
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
    const GumboOutput* page = arena.parse(body);
    if (!page) throw Failure(ErrorKind::too_large, "the page takes too much memory");
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
