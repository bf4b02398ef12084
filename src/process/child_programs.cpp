#include "process/child_programs.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "net/signal_block.hpp"
#include "process/confinement.hpp"

namespace headway::process {
namespace {

using core::Error;
using core::ErrorKind;

constexpr std::chrono::milliseconds kFirstLook{2};
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::size_t kMostOutput = 64 << 10;

struct Pipe {
    net::Descriptor reads = net::Descriptor();
    net::Descriptor writes = net::Descriptor();
};

Pipe make_pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    fcntl(ends[0], F_SETFL, O_NONBLOCK);  // our end alone: a program waits until there is room
    return {net::Descriptor(ends[0]), net::Descriptor(ends[1])};
}

// Takes what is there; keeps the beginning and throws the rest away.
void drain(const net::Descriptor& pipe, std::string& kept) {
    std::array<char, 16 << 10> bytes;
    for (;;) {
        ssize_t count = read(pipe.fd(), bytes.data(), bytes.size());
        if (count <= 0) return;
        kept.append(bytes.data(),
                    std::min(static_cast<std::size_t>(count), kMostOutput - kept.size()));
    }
}

// All signals as a fresh program has them: the server's handlers are nothing to it.
void reset_signals() noexcept {
    for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(const char* path, char* const* arguments, const Confinement& confinement,
                         int input, int output, int complaints) noexcept {
    static char search_path[] = "PATH=/usr/bin:/bin";
    static char locale[] = "LC_ALL=C";
    static char* const environment[] = {search_path, locale, nullptr};
    setpgid(0, 0);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(complaints, STDERR_FILENO);
    // Whatever else is open, the server's files among it, stays behind.
    constexpr unsigned kCloseOnExec = 4;
    if (syscall(SYS_close_range, 3u, ~0u, kCloseOnExec) != 0)
        for (int fd = 3; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
    confinement.enter();
    reset_signals();
    execve(path, arguments, environment);
    _exit(127);
}

// A child process; at its end it is gone, in whatever way.
class Child {
  public:
    Child(const Program& program, const std::string& directory)
        : output_(make_pipe()), complaints_(make_pipe()) {
        std::string path = directory + '/' + program.name;
        Confinement confinement(program, directory);
        std::vector<char*> arguments = {const_cast<char*>(program.name.c_str())};
        for (const std::string& argument : program.arguments)
            arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);
        net::Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!output_.writes.is_open() || !complaints_.writes.is_open() || !nothing.is_open())
            return;
        net::SignalBlock block;  // until it has none of the server's handlers any longer
        pid_ = fork();
        if (pid_ == 0)
            become(path.c_str(), arguments.data(), confinement, nothing.fd(), output_.writes.fd(),
                   complaints_.writes.fd());
        output_.writes = net::Descriptor();
        complaints_.writes = net::Descriptor();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0 || ended_) return;
        kill();
        while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }

    bool has_begun() const { return pid_ > 0; }
    void kill() const {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);  // if it has not got a group of its own yet
    }
    // Takes what it has written, and its end when that has come.
    bool has_ended(ProgramEnd& end) {
        int status = 0;
        pid_t ended = waitpid(pid_, &status, WNOHANG);
        drain(output_.reads, end.output);
        drain(complaints_.reads, end.complaints);
        if (ended == 0 || (ended < 0 && errno == EINTR)) return false;
        ended_ = true;
        end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        return true;
    }

  private:
    Pipe output_;
    Pipe complaints_;
    pid_t pid_ = -1;
    bool ended_ = false;
};

}  // namespace

bool ChildPrograms::has(const std::string& name) const {
    return access((directory_ + '/' + name).c_str(), X_OK) == 0;
}

async::Task<core::Result<ProgramEnd>> ChildPrograms::run(Program program) {
    async::Gate::Place place = co_await gate_.enter();
    Child child(program, directory_);
    if (!child.has_begun())
        co_return Error{ErrorKind::busy, "no process can be started", strerror(errno)};
    ProgramEnd end;
    const async::TimePoint until = loop_.clock().now() + program.most_time;
    async::Duration pause = kFirstLook;
    while (!child.has_ended(end)) {
        if (loop_.clock().now() >= until) {
            end.was_stopped = true;
            child.kill();
        }
        co_await loop_.sleep_for(pause);
        pause = std::min<async::Duration>(pause * 2, kLookEvery);
    }
    if (end.exit_code == 127)
        co_return Error{ErrorKind::refused, "a program cannot be run", program.name};
    co_return end;
}

}  // namespace headway::process
