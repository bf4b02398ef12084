#pragma once

#include "pipeline/provider_exchange.hpp"
#include "pipeline/transcriber.hpp"

namespace headway::pipeline {

// All providers of speech recognition that this version has.
class Transcribers : public Transcriber {
  public:
    explicit Transcribers(ProviderExchange& exchange) : exchange_(exchange) {}
    async::Task<core::Result<SpeechReply>> transcribe(const SpeechRequest& request) override;

  private:
    async::Task<SpeechReply> deepgram(const SpeechRequest& request);
    async::Task<SpeechReply> assemblyai(const SpeechRequest& request);
    async::Task<SpeechReply> openai(const SpeechRequest& request);

    std::string key_of(const SpeechRequest& request, const core::SpeechSettings& settings);
    // Throws Failure where there is no answer. `audio`: what is sent behind the request's own body.
    async::Task<core::Answer> send(core::SpeechSettings settings, core::Outgoing outgoing,
                                   const LocalFile* audio);

    ProviderExchange& exchange_;
};

}  // namespace headway::pipeline
