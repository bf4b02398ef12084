#include "pg/keyring_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "core/base/encoding.hpp"
#include "core/base/text.hpp"
#include "net/descriptor.hpp"
#include "pg/guard.hpp"
#include "pg/settings.hpp"

namespace headway::pg {
namespace {

constexpr std::size_t kLargestFile = 1 << 20;

[[noreturn]] void fail(const std::string& path, const std::string& what,
                       const std::string& hint = {}) {
    throw SqlFailure("8W007",
                     core::Error{core::ErrorKind::invalid, "the keyring file cannot be used",
                                 path + ": " + what, hint});
}

using net::Descriptor;

// Never waits: a pipe is no plain file, and is refused when it is looked at.
Descriptor open_file(const std::string& path, int flags) {
    return Descriptor(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
}

std::optional<std::string> read_all(int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = ::read(fd, buffer, sizeof buffer)) != 0;) {
        if (got < 0 || text.size() + static_cast<std::size_t>(got) > kLargestFile)
            return std::nullopt;
        text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
}

bool is_plain(const Descriptor& file, struct stat& about) {
    return file.is_open() && fstat(file.fd(), &about) == 0 && S_ISREG(about.st_mode);
}

void check_owner(const Descriptor& file, const std::string& path) {
    struct stat about;
    if (!is_plain(file, about)) fail(path, "it is no plain file");
    if (about.st_uid != geteuid() || (about.st_mode & 077) != 0)
        fail(path, "it belongs to or can be read by somebody else",
             "Make the server's user its owner and its mode 0600.");
}

void write_all(const Descriptor& file, const std::string& path, const std::string& text) {
    if (::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        fsync(file.fd()) != 0)
        fail(path, strerror(errno));
}

core::Keyring parse(const std::string& path, const std::optional<std::string>& text) {
    if (!text) fail(path, "it cannot be read");
    try {
        return core::Keyring::parse(*text);
    } catch (const core::Failure& failure) {
        fail(path, failure.what(), "Restore the file from its backup.");
    }
}

// A credential that stands somewhere else, or the text itself.
core::Json resolve(const core::Json& secret) {
    if (!secret.is_object()) return secret;
    if (const core::Json* name = secret.find("env")) {
        const char* value = std::getenv(name->as_string().c_str());
        if (!value)
            throw core::Failure(core::Error{
                core::ErrorKind::refused, "a credential's environment variable is not set",
                name->as_string(), "Set it in the server's environment and restart the server."});
        return core::Json(value);
    }
    const std::string& path = secret["file"].as_string();
    Descriptor file = open_file(path, O_RDONLY);  // may be a link, as orchestrators mount secrets
    struct stat about;
    auto text = is_plain(file, about) ? read_all(file.fd()) : std::nullopt;
    if (!text)
        throw core::Failure(core::Error{core::ErrorKind::refused,
                                        "a credential's file cannot be read", path,
                                        "Make it readable for the server's user."});
    return core::Json(core::trim(*text));
}

// The secrets behind a seal, as they were given.
core::Json unseal(const std::string& workspace, const core::Json& sealed) {
    core::Keyring ring = read_keyring();
    const core::Key* key = ring.find(sealed["key_id"].as_string());
    if (!key)
        throw core::Failure(
            core::Error{core::ErrorKind::forbidden,
                        "the keyring file lacks the key that sealed the credentials",
                        sealed["key_id"].as_string(),
                        "Restore the keyring file, or give the credentials again."});
    core::SealScope scope{workspace, sealed["id"].as_string(), sealed["origin"].as_string()};
    return core::Json::parse(
        core::open_seal(*key, scope, core::base64_decode(sealed["sealed"].as_string())));
}

// The same, to be sent to this origin.
core::Json unseal_for(const std::string& workspace, const core::Json& sealed,
                      const std::string& origin) {
    if (!sealed["id"].is_string())
        throw core::Failure(core::Error{core::ErrorKind::refused,
                                        "the connector has no credentials",
                                        {},
                                        "Use headway_set_credentials()."});
    if (sealed["origin"].as_string() != origin)
        throw core::Failure(core::Error{core::ErrorKind::forbidden,
                                        "the credentials were given for another host", origin,
                                        "Give them again with headway_set_credentials()."});
    return unseal(workspace, sealed);
}

void sync_folder_of(const std::string& path) {
    std::string folder = path.substr(0, path.find_last_of('/') + 1);
    Descriptor file = open_file(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
    if (!file.is_open() || fsync(file.fd()) != 0) fail(path, strerror(errno));
}

// Appears whole or not at all, whatever happens meanwhile; another session may be faster.
void create(const std::string& path) {
    core::Keyring fresh;
    std::string unfinished = path + ".new-" + fresh.add_random();
    Descriptor file = open_file(unfinished, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.is_open())
        fail(path, strerror(errno),
             "Set headway.key_file to a path, outside the data directory, that the server's user "
             "may write.");
    write_all(file, unfinished, fresh.serialize());
    bool linked = link(unfinished.c_str(), path.c_str()) == 0 || errno == EEXIST;
    int problem = errno;
    unlink(unfinished.c_str());
    if (!linked) fail(path, strerror(problem));
    sync_folder_of(path);
}

}  // namespace

core::Keyring read_keyring() {
    std::string path = key_file();
    Descriptor file = open_file(path, O_RDONLY | O_NOFOLLOW);
    if (!file.is_open())
        fail(path, strerror(errno),
             "Restore the file from its backup. Where there is none, drop the connectors, set the "
             "providers to builtin or none, and give all credentials again.");
    check_owner(file, path);
    return parse(path, read_all(file.fd()));
}

std::string key_file_problem() {
    if (access(key_file().c_str(), F_OK) != 0) return "missing";
    try {
        read_keyring();
        return {};
    } catch (const core::Failure& failure) {
        return failure.error().detail;
    }
}

core::Keyring read_or_create_keyring(bool may_create) {
    std::string path = key_file();
    if (may_create && access(path.c_str(), F_OK) != 0) create(path);
    return read_keyring();
}

std::string append_key() {
    std::string path = key_file();
    Descriptor file = open_file(path, O_RDWR | O_APPEND | O_NOFOLLOW);
    if (!file.is_open()) fail(path, strerror(errno));
    check_owner(file, path);
    if (flock(file.fd(), LOCK_EX) != 0) fail(path, strerror(errno));
    core::Keyring ring = parse(path, read_all(file.fd()));
    std::string id = ring.add_random();
    write_all(file, path, id + ' ' + core::base64_encode(ring.newest().bytes) + '\n');
    return id;
}

std::string open_own_secret(const std::string& workspace, const core::Json& sealed,
                            const std::string& name) {
    core::Json secret = sealed["id"].is_string() ? unseal(workspace, sealed)[name] : core::Json();
    std::string text = secret.is_null() ? "" : resolve(secret).as_string();
    if (text.empty())
        throw core::Failure(core::Error{core::ErrorKind::refused,
                                        "the connector lacks a credential for webhooks", name,
                                        "Add it with headway_set_credentials()."});
    return text;
}

core::Json KeyringSecrets::open(const std::string& workspace, const core::Json& sealed,
                                const std::string& origin) {
    core::Json secrets = unseal_for(workspace, sealed, origin);
    for (auto& [name, secret] : secrets.as_object()) secret = resolve(secret);
    return secrets;
}

core::Json KeyringSecrets::seal(const std::string& workspace, const std::string& origin,
                                const core::Json& secrets) {
    core::Keyring ring = read_keyring();
    core::SealScope scope{workspace, core::random_row_id(), origin};
    std::string sealed = core::seal(ring.newest(), scope, secrets.dump());
    return core::Json::Object{{"id", scope.row_id},
                              {"key_id", ring.newest().id},
                              {"origin", origin},
                              {"sealed", core::base64_encode(sealed)}};
}

core::Json KeyringSecrets::replace(const std::string& workspace, const core::Json& sealed,
                                   const std::string& origin, const std::string& name,
                                   const std::string& secret) {
    core::Json secrets = unseal_for(workspace, sealed, origin);
    secrets.set(name, secret);
    return seal(workspace, origin, secrets);
}

}  // namespace headway::pg
