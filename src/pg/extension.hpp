#pragma once

#include <string>

#include "pg/latch_port.hpp"

namespace headway::pg {

// The extension in this database is of another version than this library: its tables and functions
// are not those that the library knows.
class OtherVersion : public StopRequested {
  public:
    explicit OtherVersion(std::string extension) : extension_(std::move(extension)) {}
    const char* what() const noexcept override {
        return "headway's library and its extension are of different versions";
    }
    std::string detail() const;
    static const char* hint();

  private:
    std::string extension_;
};

// The version that the extension has in this database, empty when it is not there.
std::string extension_version();

// Keeps the extension from being updated or dropped until this transaction ends (an update begins
// by commenting on it, see scripts/upgrade-frame.sql, and waits meanwhile, as this waits for an
// update); gives its version then.
std::string hold_extension();

}  // namespace headway::pg
