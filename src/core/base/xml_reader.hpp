#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headway::core {

// Walks through an XML document from tag to tag, forgiving: it looks for what is there and judges
// nothing. Names come without their prefix. No entity but the five of XML and numbers is resolved,
// and nothing is ever fetched.
class XmlReader {
  public:
    explicit XmlReader(std::string_view document) : rest_(document) {}

    // Goes on to the next tag; false at the end. What is said of an element holds until then.
    bool next();

    const std::string& name() const { return name_; }
    bool is_start() const { return is_start_; }  // a start tag, or an empty element's
    bool is_end() const { return is_end_; }      // an end tag, or an empty element's
    // An attribute of the start tag, "" when it has none of that name.
    std::string attribute(std::string_view name) const;
    // The text between the tag before and this one.
    const std::string& text() const { return text_; }

  private:
    bool skip_aside();
    void read_tag(std::string_view tag);

    std::string_view rest_;
    std::string name_;
    std::string text_;
    std::vector<std::pair<std::string, std::string>> attributes_;
    bool is_start_ = false;
    bool is_end_ = false;
};

}  // namespace headway::core
