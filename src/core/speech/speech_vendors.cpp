#include "core/speech/speech_vendors.hpp"

#include "core/base/error.hpp"
#include "core/speech/assemblyai.hpp"
#include "core/speech/deepgram.hpp"
#include "core/speech/openai_speech.hpp"

namespace headway::core {

const std::vector<SpeechVendor>& speech_vendors() {
    static const std::vector<SpeechVendor> kVendors = {{"deepgram", &deepgram_settings},
                                                       {"assemblyai", &assemblyai_settings},
                                                       {"openai", &openai_speech_settings}};
    return kVendors;
}

SpeechSettings speech_settings(const Json& provider) {
    std::string name = provider.text_or("name", "");
    for (const SpeechVendor& vendor : speech_vendors())
        if (vendor.name == name) return vendor.settings(provider["settings"]);
    throw Failure(Error{ErrorKind::invalid, "this version has no such transcriber", name});
}

}  // namespace headway::core
