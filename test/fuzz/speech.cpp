// What transcribers answer: who said what and when.
#include <cmath>

#include "core/base/text.hpp"
#include "core/speech/assemblyai.hpp"
#include "core/speech/deepgram.hpp"
#include "core/speech/openai_speech.hpp"
#include "fuzz.hpp"

namespace {

using namespace headway;

void is_text(const std::string& text) { fuzz::promise(core::sanitize_utf8(text).text == text); }

void is_time(const std::optional<double>& seconds) {
    fuzz::promise(!seconds || (std::isfinite(*seconds) && *seconds >= 0));
}

void check(const core::Transcription& heard) {
    for (const std::string* text : {&heard.language, &heard.model, &heard.request_id})
        is_text(*text);
    is_time(heard.audio_seconds);
    for (const core::Turn& turn : heard.turns) {
        fuzz::promise(!turn.text.empty());
        is_text(turn.text);
        is_text(turn.speaker);
        is_time(turn.start_s);
        is_time(turn.end_s);
    }
    core::turns_from_json(core::Json::parse(core::turns_to_json(heard.turns).dump()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string text(fuzz::text_of(bytes, size));
    for (int status : {200, 402, 413, 429, 503}) {
        core::Answer answer{
            status, {{"x-request-id", text.substr(0, 40)}, {"retry-after", text}}, text};
        fuzz::may_refuse([&] {
            auto heard = core::read_deepgram(answer, {});
            if (heard.ok()) check(heard.value());
            fuzz::promise(status == 200 || !heard.ok());
        });
        fuzz::may_refuse([&] {
            auto heard = core::read_assemblyai(answer, {});
            if (heard.ok() && heard.value()) check(*heard.value());
            fuzz::promise(status == 200 || !heard.ok());
        });
        fuzz::may_refuse([&] {
            auto heard = core::read_openai_speech(answer, 1'200, {});
            if (heard.ok()) check(heard.value());
            fuzz::promise(status == 200 || !heard.ok());
        });
        fuzz::may_refuse([&] {
            auto url = core::read_assemblyai_upload(answer, {});
            if (url.ok()) is_text(url.value());
        });
        fuzz::may_refuse([&] {
            auto id = core::read_assemblyai_submit(answer, {});
            if (id.ok()) is_text(id.value());
        });
    }
    return 0;
}
