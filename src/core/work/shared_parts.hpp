#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace headway::core {

// One who does parts of a work elsewhere, and answers in the order in which it was asked.
class Assistant {
  public:
    virtual ~Assistant() = default;
    // False when it has gone.
    virtual bool ask(std::size_t part) = 0;
    // Its next answer: once there is one, nothing when it has gone; or what there is by now.
    virtual std::optional<std::string> wait() = 0;
    virtual std::optional<std::string> look() = 0;
};

// A work of many parts, whose results are wanted one after the other, shared by two: what the
// assistant does not have ready when it is wanted is waited for by doing parts further on, so that
// both are busy to the end. What the assistant leaves undone is done here, when it is wanted.
class SharedParts {
  public:
    using Doing = std::function<std::string(std::size_t part)>;

    // Without an assistant everything is done here.
    SharedParts(std::size_t parts, std::unique_ptr<Assistant> assistant, Doing doing)
        : parts_(parts), assistant_(std::move(assistant)), do_(std::move(doing)) {}

    // The result of a part, each wanted once; in their order, no more than eight are held.
    std::string result(std::size_t part);

  private:
    void ask_ahead();
    void keep_answer();
    void do_without_assistant();
    bool is_asked(std::size_t part) const;
    std::string do_here(std::size_t part);

    std::size_t parts_;
    std::unique_ptr<Assistant> assistant_;
    Doing do_;
    int in_time_ = 0;       // how many of the assistant's last answers were there when looked for
    std::size_t next_ = 0;  // the first that nobody has taken
    std::deque<std::size_t> asked_;            // of the assistant
    std::map<std::size_t, std::string> kept_;  // done before they were wanted
};

}  // namespace headway::core
