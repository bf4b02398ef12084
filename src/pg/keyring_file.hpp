#pragma once

#include <string>

#include "core/secrets/keyring.hpp"
#include "pipeline/ports.hpp"

namespace headway::pg {

// The keyring file of the cluster (headway.key_file). All of these throw SqlFailure 8W007 when the
// file cannot be read or trusted: it must be a plain file that belongs to the server's user and
// that nobody else may read.

core::Keyring read_keyring();
// The same; creates the file with a first key when it is missing and `may_create` holds.
core::Keyring read_or_create_keyring(bool may_create);
// Why the file cannot be used, "missing" when there is none, "" when all is well; throws nothing.
std::string key_file_problem();
// Appends a fresh key and returns its id.
std::string append_key();

// One secret of sealed credentials, for use in this process alone: it goes to no host. Throws
// Failure also when there is none.
std::string open_own_secret(const std::string& workspace, const core::Json& sealed,
                            const std::string& name);

// Opens sealed credentials and resolves references in them: {"env": NAME} from the server's
// environment, {"file": PATH} from its disk.
class KeyringSecrets : public pipeline::Secrets {
  public:
    core::Json open(const std::string& workspace, const core::Json& sealed,
                    const std::string& origin) override;
    core::Json seal(const std::string& workspace, const std::string& origin,
                    const core::Json& secrets) override;
    core::Json replace(const std::string& workspace, const core::Json& sealed,
                       const std::string& origin, const std::string& name,
                       const std::string& secret) override;
};

}  // namespace headway::pg
