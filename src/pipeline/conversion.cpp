#include "pipeline/conversion.hpp"

#include "core/audio/probe.hpp"

namespace headway::pipeline {
namespace {

constexpr std::chrono::minutes kLongestConversion{30};

}  // namespace

async::Task<void> convert_audio(Context& ctx, std::vector<std::string> arguments, std::string from,
                                std::string to, std::uint64_t most_bytes, std::string what) {
    using core::ErrorKind;
    using core::Failure;
    if (!ctx.programs.has("ffmpeg"))
        throw Failure(core::Error{
            ErrorKind::refused, "the file has to be converted, and ffmpeg is not installed", what,
            "Install ffmpeg on the database's server, then headway_retry()."});
    process::Program program{"ffmpeg", std::move(arguments), from, to};
    program.most_time = program.most_cpu_time = kLongestConversion;
    program.most_written = most_bytes;
    core::Result<process::ProgramEnd> ran = co_await ctx.programs.run(std::move(program));
    process::ProgramEnd end = std::move(ran).value_or_throw();
    if (end.was_stopped) throw Failure(ErrorKind::refused, "the file takes too long to convert");
    std::string problem = core::conversion_problem(end.exit_code, end.complaints);
    if (!problem.empty())
        throw Failure(core::Error{ErrorKind::refused, "the file cannot be converted", problem});
}

}  // namespace headway::pipeline
