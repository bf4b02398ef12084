#include "process/child_programs.hpp"

#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "async/task_group.hpp"
#include "fakes/temporary_folder.hpp"
#include "net/poll_loop.hpp"

namespace headway::process {
namespace {

using namespace std::chrono_literals;

// Programs of the tests' own: shell scripts, in a folder that stands for the system's.
struct ChildProgramsTest : testing::Test {
    ProgramEnd run(const std::string& script, Program program = {}) {
        program.name = "script";
        folder.file("script", "#!/bin/sh\n" + script);
        chmod((folder.path() + "/script").c_str(), 0755);
        ProgramEnd end;
        auto work = [](ChildPrograms& programs, Program program,
                       ProgramEnd& end) -> async::Task<void> {
            core::Result<ProgramEnd> ran = co_await programs.run(std::move(program));
            end = std::move(ran).value_or_throw();
        };
        polled.loop.run(work(programs, std::move(program), end));
        return end;
    }

    test::NetLoop polled;
    test::TemporaryFolder folder;
    ChildPrograms programs{polled.loop, folder.path()};
};

TEST_F(ChildProgramsTest, GivesWhatAProgramSaysAndHowItEnds) {
    ProgramEnd end = run("echo out; echo err >&2; exit 3");
    EXPECT_EQ(end.exit_code, 3);
    EXPECT_EQ(end.output, "out\n");
    EXPECT_EQ(end.complaints, "err\n");
    EXPECT_FALSE(end.was_stopped);
}

TEST_F(ChildProgramsTest, PassesArgumentsAsTheyAre) {
    Program program;
    program.arguments = {"a b", "$(id)", "'"};
    EXPECT_EQ(run("printf '%s|' \"$@\"", program).output, "a b|$(id)|'|");
}

TEST_F(ChildProgramsTest, GivesNoInputAndLittleOfTheSurroundings) {
    EXPECT_EQ(run("cat; echo $HOME$USER").output, "\n");
}

TEST_F(ChildProgramsTest, StopsWhatTakesTooLong) {
    Program program;
    program.most_time = 1s;
    auto began = std::chrono::steady_clock::now();
    ProgramEnd end = run("sleep 60 & wait", program);
    EXPECT_TRUE(end.was_stopped);
    EXPECT_EQ(end.exit_code, -9);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
}

TEST_F(ChildProgramsTest, KeepsTheBeginningOfEndlessOutput) {
    ProgramEnd end = run("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i + 1)); done");
    EXPECT_EQ(end.exit_code, 0) << "it was never held up";
    EXPECT_EQ(end.output.size(), 64u << 10);
}

TEST_F(ChildProgramsTest, LimitsWhatIsWritten) {
    std::string target = folder.file("target", "");
    Program program;
    program.writes = target;
    program.most_written = 1000;
    ProgramEnd end = run("yes | head -c 5000 > " + target, program);
    EXPECT_NE(end.exit_code, 0);
    EXPECT_EQ(test::content_of(target).size(), 1000u);
}

TEST_F(ChildProgramsTest, SeesNoFileButItsOwn) {
    if (syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
        GTEST_SKIP() << "this kernel has no Landlock";
    test::TemporaryFolder elsewhere;
    std::string secret = elsewhere.file("secret", "secret"),
                given = elsewhere.file("given", "given");
    Program program;
    program.reads = given;
    ProgramEnd end = run("cat " + given + "; cat " + secret + "; echo x > " + given, program);
    EXPECT_EQ(end.output, "given");
    EXPECT_EQ(test::content_of(given), "given") << "what it reads it may not write";
}

TEST_F(ChildProgramsTest, OpensNoSocket) {
    ProgramEnd end = run("exec /usr/bin/python3 -c 'import socket; socket.socket()'");
    EXPECT_NE(end.exit_code, 0);
    EXPECT_NE(end.complaints.find("not permitted"), std::string::npos) << end.complaints;
}

// What a program gets for a system call with nothing to work on: python3 prints the error's number.
TEST_F(ChildProgramsTest, ReachesNoOtherProcessAndCutsNoFile) {
    Program program;
    for (long call : {long{SYS_kill}, long{SYS_tkill}, long{SYS_ptrace}, long{SYS_truncate},
                      long{SYS_socketpair}, long{SYS_process_vm_readv}, long{SYS_process_vm_writev},
                      long{SYS_rt_sigqueueinfo}, long{SYS_rt_tgsigqueueinfo}, 424L, 425L, 438L})
        program.arguments.push_back(std::to_string(call));
    ProgramEnd end =
        run("exec /usr/bin/python3 -c '\n"
            "import ctypes, sys\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "for call in sys.argv[1:]:\n"
            "    libc.syscall(int(call), 0, 0, 0, 0, 0, 0)\n"
            "    print(ctypes.get_errno())' \"$@\"",
            program);
    EXPECT_EQ(end.output, "1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n") << end.complaints;
}

TEST_F(ChildProgramsTest, SignalsNobodyButItself) {
    Program program;
    for (long call : {long{SYS_tgkill}, long{SYS_prlimit64}})
        program.arguments.push_back(std::to_string(call));
    program.arguments.push_back(std::to_string(getpid()));
    ProgramEnd end =
        run("exec /usr/bin/python3 -c '\n"
            "import ctypes, os, sys\n"
            "libc = ctypes.CDLL(None, use_errno=True)\n"
            "tgkill, prlimit, other = map(int, sys.argv[1:])\n"
            "for pid in other, os.getpid():\n"
            "    print(libc.syscall(tgkill, pid, pid, 0), libc.syscall(prlimit, pid, 0, 0, 0))' "
            "\"$@\"",
            program);
    EXPECT_EQ(end.output, "-1 -1\n0 0\n") << end.complaints;
}

TEST_F(ChildProgramsTest, CutsNoFileByOpeningItToRead) {
    if (syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 3)
        GTEST_SKIP() << "this kernel has no rule for that";
    Program program;
    program.reads = folder.file("sound", "words");
    program.arguments.push_back(program.reads);
    run("exec /usr/bin/python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_TRUNC)' "
        "\"$@\"",
        program);
    EXPECT_EQ(test::content_of(program.reads), "words");
}

TEST_F(ChildProgramsTest, MayAbort) {
    EXPECT_EQ(run("exec /usr/bin/python3 -c 'import os; os.abort()'").exit_code, -6);
}

TEST_F(ChildProgramsTest, TellsWhetherAProgramIsThere) {
    EXPECT_FALSE(programs.has("script"));
    run("exit 0");
    EXPECT_TRUE(programs.has("script"));
    ChildPrograms elsewhere(polled.loop, "/nowhere");
    EXPECT_FALSE(elsewhere.has("script"));
}

TEST_F(ChildProgramsTest, KillsWhatNobodyWaitsForAnyMore) {
    std::string mark = folder.file("mark", "");
    folder.file("script", "#!/bin/sh\necho $$ > " + mark + "\nexec sleep 600\n");
    chmod((folder.path() + "/script").c_str(), 0755);
    auto work = [](ChildProgramsTest& test, std::string mark) -> async::Task<void> {
        async::TaskGroup group(test.polled.loop, [](std::exception_ptr) {});
        Program program;
        program.name = "script";
        program.writes = mark;
        auto running = [](ChildPrograms& programs, Program program) -> async::Task<void> {
            co_await programs.run(std::move(program));
        };
        group.spawn(1, running(test.programs, program));
        auto last = std::chrono::steady_clock::now() + 30s;
        while (!test::content_of(mark).ends_with('\n') && std::chrono::steady_clock::now() < last)
            co_await test.polled.loop.sleep_for(2ms);
        group.cancel_all();
    };
    polled.loop.run(work(*this, mark));
    pid_t script = std::atoi(test::content_of(mark).c_str());
    ASSERT_GT(script, 0) << "it has begun";
    EXPECT_EQ(kill(script, 0), -1) << "it is gone";
}

}  // namespace
}  // namespace headway::process
