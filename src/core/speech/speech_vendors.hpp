#pragma once

#include <string>
#include <vector>

#include "core/speech/transcription.hpp"

namespace headway::core {

struct SpeechVendor {
    std::string name;
    SpeechSettings (*settings)(const Json& settings);
};

// All providers of speech recognition that this version has.
const std::vector<SpeechVendor>& speech_vendors();

// What a provider, {name, settings}, is set to, with its vendor's defaults. Throws Failure(invalid)
// for a provider that this version does not have, and for settings that do not fit.
SpeechSettings speech_settings(const Json& provider);

}  // namespace headway::core
