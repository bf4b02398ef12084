#include "process/confinement.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <iterator>

namespace headway::process {
namespace {

constexpr rlim_t kMostMemory = rlim_t{1} << 30;
constexpr rlim_t kMostFiles = 64;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE;
constexpr std::uint64_t kUse = kRead | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kAll = kUse | kWrite | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                               LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                               LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                               LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                               LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

// A program, its libraries and what their loader reads.
constexpr const char* kSystemPaths[] = {
    "/usr",      "/lib",        "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives",
    "/dev/null", "/dev/urandom"};

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kForeignCalls = 0x40000000;  // the x32 numbers and above
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kForeignCalls = 0x40000000;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

void limit(int what, rlim_t value) noexcept {
    rlimit bound{value, value};
    setrlimit(static_cast<__rlimit_resource>(what), &bound);
}

#if defined(__x86_64__) || defined(__aarch64__)
// What leads out of the process, and what cuts files that it may only read.
constexpr std::uint32_t kRefusedCalls[] = {
    SYS_socket, SYS_socketpair, SYS_ptrace,          SYS_process_vm_readv,  SYS_process_vm_writev,
    SYS_kill,   SYS_tkill,      SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_truncate,
    424,  // pidfd_send_signal
    425,  // io_uring_setup
    438,  // pidfd_getfd
};
// Those that a program may call for itself alone: one that aborts ends itself by the first.
constexpr std::uint32_t kOwnCalls[] = {SYS_tgkill, SYS_prlimit64};
constexpr std::size_t kChecks = 1 + std::size(kRefusedCalls) + std::size(kOwnCalls);

// Checks and a leave; then of whom an own call is; then the refusal, and a leave once more.
auto make_filter(std::uint32_t own_pid) noexcept {
    constexpr std::size_t kLeave = 4 + kChecks, kOwn = kLeave + 1, kRefusal = kOwn + 3;
    std::array<sock_filter, kRefusal + 2> steps{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    }};
    std::size_t at = 4;
    auto go_if = [&](std::uint16_t compares, std::uint32_t value, std::size_t to) {
        auto over = static_cast<std::uint8_t>(to - at - 1);
        steps[at++] =
            BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | compares | BPF_K), value, over, 0);
    };
    go_if(BPF_JGE, kForeignCalls, kRefusal);
    for (std::uint32_t call : kRefusedCalls) go_if(BPF_JEQ, call, kRefusal);
    for (std::uint32_t call : kOwnCalls) go_if(BPF_JEQ, call, kOwn);
    steps[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    steps[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args));
    go_if(BPF_JEQ, 0, kRefusal + 1);
    go_if(BPF_JEQ, own_pid, kRefusal + 1);
    steps[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1);  // EPERM
    steps[at] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return steps;
}
#endif

// That a file is cut by opening it is ruled by newer kernels alone; the headers have no name for
// it.
std::uint64_t cutting() noexcept {
    constexpr std::uint64_t kTruncate = 1ULL << 14;
    constexpr unsigned kVersion = 1;
    return syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion) >= 3 ? kTruncate : 0;
}

// Sockets and what else leads out of the process answer "not permitted".
void forbid_calls() noexcept {
#if defined(__x86_64__) || defined(__aarch64__)
    auto filter = make_filter(static_cast<std::uint32_t>(getpid()));
    sock_fprog program{filter.size(), filter.data()};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}

}  // namespace

Confinement::Confinement(const Program& program, const std::string& directory)
    : cpu_seconds_(static_cast<unsigned long>(program.most_cpu_time.count())),
      written_bytes_(program.most_written) {
    landlock_ruleset_attr scope{};
    const std::uint64_t write = kRead | kWrite | cutting();
    scope.handled_access_fs = kAll | cutting();
    rules_ = net::Descriptor(
        static_cast<int>(syscall(SYS_landlock_create_ruleset, &scope, sizeof scope, 0)));
    for (const char* path : kSystemPaths) allow(path, kUse);
    allow(directory, kUse);
    allow(program.reads, kRead);
    allow(program.writes, write);
    allow("/dev/null", write);
}

void Confinement::allow(const std::string& path, std::uint64_t access) {
    net::Descriptor place(open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!rules_.is_open() || !place.is_open()) return;
    landlock_path_beneath_attr rule{access, place.fd()};
    if (syscall(SYS_landlock_add_rule, rules_.fd(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return;
    // A file takes no rule that speaks of directories.
    rule.allowed_access = access & ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_READ_DIR);
    syscall(SYS_landlock_add_rule, rules_.fd(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

void Confinement::enter() const noexcept {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    limit(RLIMIT_CPU, cpu_seconds_);
    limit(RLIMIT_AS, kMostMemory);
    limit(RLIMIT_FSIZE, written_bytes_);
    limit(RLIMIT_NOFILE, kMostFiles);
    limit(RLIMIT_CORE, 0);
    setpriority(PRIO_PROCESS, 0, 10);
    if (rules_.is_open()) syscall(SYS_landlock_restrict_self, rules_.fd(), 0);
    forbid_calls();
}

}  // namespace headway::process
